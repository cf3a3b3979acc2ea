/* Samovar: notifications. As a service worker it shows them; in a page it lets people ask for them. */
(function (settings) {
  "use strict";
  if (typeof ServiceWorkerGlobalScope !== "undefined" && self instanceof ServiceWorkerGlobalScope) {
    self.addEventListener("push", function (event) {
      var said = {};
      try {
        said = event.data ? event.data.json() : {};
      } catch (_) {
        // Not one of ours: a push must show something all the same.
      }
      event.waitUntil(
        self.registration.showNotification(said.title || settings.business, {
          body: said.body || "",
          icon: said.icon || undefined,
          tag: said.tag || undefined,
          data: { url: said.url || settings.site },
        }),
      );
    });
    self.addEventListener("notificationclick", function (event) {
      event.notification.close();
      var url = event.notification.data && event.notification.data.url;
      if (url) event.waitUntil(self.clients.openWindow(url));
    });
    return;
  }

  var script = document.currentScript;
  var base = new URL(".", script.src).href.replace(/\/$/, "");
  var worker = script.dataset.worker || settings.worker;
  var supported = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

  function stored(name) {
    try {
      return JSON.parse(localStorage.getItem("samovar." + name)) || undefined;
    } catch (_) {
      return undefined;
    }
  }
  function visitor() {
    var cookie = /(?:^|; )samovar=[01]\.([^;.]+)/.exec(document.cookie);
    var id = (cookie && decodeURIComponent(cookie[1])) || stored("push");
    if (!id) {
      id = crypto.randomUUID();
      try {
        localStorage.setItem("samovar.push", JSON.stringify(id));
      } catch (_) {
        // Without storage the next visit is another visitor.
      }
    }
    return id;
  }
  function key() {
    var text = atob((settings.vapid + "===".slice((settings.vapid.length + 3) % 4)).replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(text, function (letter) {
      return letter.charCodeAt(0);
    });
  }
  function tell(action, subscription, agreed) {
    return fetch(base + "/v1/push/" + action, {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: JSON.stringify({
        writeKey: settings.writeKey,
        subscription: subscription.toJSON(),
        anonymousId: visitor(),
        agreed: agreed,
        language: document.documentElement.lang.slice(0, 35) || undefined,
        page: location.href.slice(0, 400),
        proof: new URLSearchParams(location.search).get("sv") || stored("proof"),
      }),
    }).then(function (answer) {
      if (!answer.ok) throw new Error("not taken: " + answer.status);
    });
  }
  function current() {
    if (!supported) return Promise.resolve(null);
    return navigator.serviceWorker.getRegistration(worker).then(function (registration) {
      return registration ? registration.pushManager.getSubscription() : null;
    });
  }

  var api = (window.samovarPush = {
    supported: supported,
    /** Asks for permission: call it in a click only. Resolves to "subscribed", "denied" or "unsupported". */
    subscribe: function () {
      if (!supported || !settings.vapid) return Promise.resolve("unsupported");
      return Notification.requestPermission().then(function (permission) {
        if (permission !== "granted") return "denied";
        return navigator.serviceWorker
          .register(worker)
          .then(function () {
            return navigator.serviceWorker.ready;
          })
          .then(function (registration) {
            return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key() });
          })
          .then(function (subscription) {
            return tell("subscribe", subscription, true);
          })
          .then(function () {
            return "subscribed";
          });
      });
    },
    /** Resolves to "unsubscribed". */
    unsubscribe: function () {
      return current()
        .then(function (subscription) {
          return (
            subscription &&
            tell("unsubscribe", subscription, false).then(function () {
              return subscription.unsubscribe();
            })
          );
        })
        .then(function () {
          return "unsubscribed";
        });
    },
    /** Resolves to whether this browser is subscribed. */
    subscribed: function () {
      return current().then(Boolean);
    },
  });

  function show(state) {
    document.querySelectorAll("[data-samovar-push]").forEach(function (element) {
      var role = element.dataset.samovarPush;
      if (role === "state") element.textContent = element.dataset[state] || state;
      else element.hidden = role === "unsubscribe" ? state !== "subscribed" : state === "subscribed";
    });
  }
  document.addEventListener("click", function (event) {
    var role = event.target instanceof Element && event.target.closest("[data-samovar-push]");
    role = role && role.dataset.samovarPush;
    if (role !== "subscribe" && role !== "unsubscribe") return;
    api[role]().then(show, function () {
      show("failed");
    });
  });
  current().then(function (subscription) {
    if (!subscription) return;
    show("subscribed");
    // Who the browser's owner is may have been proved since: said again, which agrees to nothing anew.
    tell("subscribe", subscription, false).catch(function () {});
  }, function () {});
})(__SETTINGS__);

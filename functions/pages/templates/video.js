/** What is played on a page of ours, told by the tracker: begun, a quarter, half, three quarters, to its end. */
const SHARES = [25, 50, 75];

for (const video of document.querySelectorAll("video[data-samovar-video]")) {
  let begun = false;
  let told = 0;
  const tell = (event) => {
    const { currentTime, duration } = video;
    (window.samovar ||= []).push([
      "track",
      event,
      {
        video: video.dataset.samovarVideo,
        title: video.getAttribute("aria-label"),
        page: document.querySelector('meta[name="samovar:page"]')?.content,
        position: Math.round(currentTime),
        total_length: Number.isFinite(duration) ? Math.round(duration) : undefined,
        ...(event == "Video Content Playing" && { percent: told }),
      },
    ]);
  };
  video.addEventListener("play", () => {
    if (!begun) tell("Video Playback Started");
    begun = true;
  });
  video.addEventListener("timeupdate", () => {
    const share = (100 * video.currentTime) / video.duration;
    // Whoever jumps ahead has not seen what lies between: only the last share is told.
    const reached = SHARES.filter((one) => one <= share).pop();
    if (!video.seeking && reached > told) {
      told = reached;
      tell("Video Content Playing");
    }
  });
  video.addEventListener("ended", () => {
    tell("Video Playback Completed");
    begun = false;
    told = 0;
  });
}

"""Every operator that there is."""

from __future__ import annotations

from functions.core import conditions as kinds
from functions.core.comparisons import PropertyComparison, TraitComparison
from tests.knowledge.near import NUMERIC


def operators() -> frozenset[str]:
    """Every operator that there is, as the oracle calls them: read off the models, so that a new one is missed here."""
    found = {"all", "any", "not", "segment", "consent", "tag", "opened", "clicked", "match.form", "match.where"}
    found |= {f"property.{name}" for name in PropertyComparison.model_fields}
    whole = set(TraitComparison.model_fields) - {"anniversary"}
    found |= {f"trait.{name}" for name in whole} | {"trait.before.today", "trait.after.today"}
    found |= {f"trait.anniversary.{word}" for word in ("today", "in", "within")}
    found |= {"event.happened", "event.never", "event.within", "event.at_least", "event.at_most"}
    found |= {"days.within", "days.at_least", "days.at_most", "sum.within"}
    found |= {f"sum.{name}" for name in NUMERIC}
    found |= {f"{which}.{name}" for which in ("first", "last") for name in kinds.Period.model_fields}
    found |= {f"score.{name}" for name in set(kinds.ScoreCondition.model_fields) - {"score"}}
    found |= {"temperature", "temperature.list", "grade", "grade.list", "stage", "stage.list"}
    found |= {f"stage.{name}" for name in set(kinds.StageCondition.model_fields) - {"stage"}}
    found |= {"email.link", "email.within", "journey.in", "journey.within"}
    found |= {f"email.{was}" for was in ("sent", "delivered", "opened", "clicked", "bounced")}
    found |= {f"journey.{was}" for was in ("entered", "ended", "finished", "exited", "goal")}
    found |= {"points.added", "rule.once", *(f"rule.at_most_per_{span}" for span in ("day", "week", "month"))}
    return frozenset(found)

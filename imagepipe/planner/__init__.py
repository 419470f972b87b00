"""From jobs and what is known of them to a plan. Pure: what is known comes through a port."""

from imagepipe.planner.block import Block, BlockMaker
from imagepipe.planner.changes import Change
from imagepipe.planner.highlights import Alike, Highlights, Renamed, changes_of
from imagepipe.planner.judge import Known, Policy, Previous, Standing, Step, Verdict, judge
from imagepipe.planner.plan import Jobs, Plan, Summary, Survey
from imagepipe.planner.select import Selection, Shard, parse_selection

__all__ = [
    "Alike",
    "Block",
    "BlockMaker",
    "Change",
    "Highlights",
    "Jobs",
    "Known",
    "Plan",
    "Policy",
    "Previous",
    "Renamed",
    "Selection",
    "Shard",
    "Standing",
    "Step",
    "Summary",
    "Survey",
    "Verdict",
    "changes_of",
    "judge",
    "parse_selection",
]

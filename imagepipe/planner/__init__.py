"""From jobs and what is known of them to a plan. Pure: what is known comes through a port."""

from imagepipe.planner.block import Block, BlockMaker
from imagepipe.planner.judge import Known, Policy, Previous, Standing, Step, Verdict, judge
from imagepipe.planner.plan import Jobs, Plan, Summary, Survey
from imagepipe.planner.select import Selection, Shard, parse_selection

__all__ = [
    "Block",
    "BlockMaker",
    "Jobs",
    "Known",
    "Plan",
    "Policy",
    "Previous",
    "Selection",
    "Shard",
    "Standing",
    "Step",
    "Summary",
    "Survey",
    "Verdict",
    "judge",
    "parse_selection",
]

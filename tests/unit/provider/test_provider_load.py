"""Mistakes of a spec's author are found when it is read, all of them, where they stand."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from imagepipe.document import render
from imagepipe.errors import Problem
from imagepipe.provider import Limits, Provider

Slips = Callable[[str], list[Problem]]
Written = Callable[..., Provider]

HEAD = "name: tiny\nrevision: 1\nbase_url: https://api.tiny.example\n"
SUBMIT = 'submit: {post: /draw, json: {prompt: "${prompt}"}}\n'
REPLY = "reply: {results: url}\n"
WHOLE = HEAD + SUBMIT + REPLY
POLLED = (
    HEAD
    + SUBMIT
    + 'poll: {get: "/jobs/${ticket.id}"}\n'
    + "reply: {id: id, status: status, results: url}\nstates: {succeeded: done}\n"
)


def test_the_smallest_spec_is_read(slips: Slips) -> None:
    """What the other tests break is sound."""
    assert slips(WHOLE) == []
    assert slips(POLLED) == []


SLIPS = [
    ("an unknown key", WHOLE + "resultz: x\n", "E501", "resultz"),
    ("a misspelt key", WHOLE + "limts: {rpm: 3}\n", "E501", 'did you mean "limits"?'),
    ("limits by what is no value", WHOLE + "limits: {counts: images}\n", "E504", "images"),
    ("no name", SUBMIT + REPLY + "revision: 1\n", "E503", "name"),
    ("a revision that is no number", WHOLE.replace("revision: 1", "revision: one"), "E502", "num"),
    ("a revision of nought", WHOLE.replace("revision: 1", "revision: 0"), "E502", "from 1"),
    ("no reply", HEAD + SUBMIT, "E503", "reply"),
    ("a name with spaces", WHOLE.replace("name: tiny", "name: Tiny One"), "E502", "Tiny One"),
    (
        "a misspelt field",
        WHOLE.replace("${prompt}", "${promt}"),
        "E504",
        'did you mean "prompt"?',
    ),
    ("an undeclared var", WHOLE.replace("${prompt}", "${vars.x}"), "E504", "vars.x"),
    ("a secret in the body", WHOLE.replace("${prompt}", "${secret}"), "E511", "header"),
    ("a bare picture", WHOLE.replace("${prompt}", "${image}"), "E504", "travels"),
    ("a bare list", WHOLE.replace("${prompt}", "${input_images}"), "E511", "each"),
    ("a part in JSON", WHOLE.replace("${prompt}", "${image.file}"), "E511", "form"),
    ("an unclosed name", WHOLE.replace("${prompt}", "${prompt"), "E502", "without its }"),
    ("a var nobody uses", WHOLE + "vars: {x: {}}\n", "E507", "x"),
    (
        "a kept field nobody uses",
        POLLED.replace("reply: {", "reply: {keep: {url: url}, "),
        "E507",
        "url",
    ),
    ("a constraint on what is not sent", WHOLE + "takes: {steps: {min: 1}}\n", "E507", "steps"),
    ("a constraint on nothing", WHOLE + "takes: {stepz: {min: 1}}\n", "E504", "steps"),
    ("a key that no header uses", WHOLE + "key_env: TINY_KEY\n", "E507", "secret"),
    (
        "a secret without a place",
        WHOLE + "headers: {x-key: '${secret}'}\n",
        "E503",
        "key_env",
    ),
    ("no JMESPath", WHOLE.replace("results: url", "results: 'url['"), "E505", "JMESPath"),
    (
        "an unknown function",
        WHOLE.replace("results: url", "results: 'lenth(url)'"),
        "E505",
        'did you mean "length"?',
    ),
    (
        "a wrong number of arguments",
        WHOLE.replace("results: url", "results: 'length(url, url)'"),
        "E505",
        "takes 1 argument, not 2",
    ),
    (
        "a text in double quotes",
        WHOLE + "faults: [{when: 'status == \"BAD\"', is: rejected}]\n",
        "E506",
        "'BAD'",
    ),
    ("a bare false", WHOLE + "faults: [{when: ok == false, is: rejected}]\n", "E506", "`false`"),
    ("an unknown kind", WHOLE + "faults: [{http: 400, is: reject}]\n", "E509", '"rejected"?'),
    (
        "an unknown operation",
        WHOLE + "faults: [{on: sumbit, http: 400, is: rejected}]\n",
        "E509",
        '"submit"?',
    ),
    ("a rule for everything", WHOLE + "faults: [{is: rejected}]\n", "E502", "every reply"),
    ("a status that is none", WHOLE + "faults: [{http: 4x, is: rejected}]\n", "E509", "4x"),
    (
        "a rule that pays twice",
        WHOLE + "faults: [{http: 503, is: transient}]\n",
        "E508",
        "pay twice",
    ),
    (
        "a code that pays twice",
        WHOLE.replace("results: url", "results: url, code: code")
        + "faults: [{code: BUSY, is: throttled}]\n",
        "E508",
        "pay twice",
    ),
    ("a relative path", WHOLE.replace("/draw", "draw"), "E510", "begins with /"),
    ("a path that climbs", WHOLE.replace("/draw", "/a/../draw"), "E510", ".."),
    ("two methods", WHOLE.replace("post: /draw", "post: /draw, get: /draw"), "E502", "one of"),
    ("no method", WHOLE.replace("post: /draw, ", ""), "E503", "one of"),
    ("a ticket too early", WHOLE.replace("/draw", '"/draw/${ticket.id}"'), "E504", "ticket.id"),
    ("no end", POLLED.replace("states: {succeeded: done}\n", ""), "E503", "succeeded"),
    ("a word twice", POLLED.replace("done}", "done, failed: DONE}"), "E502", "already"),
    ("a poll without an id", POLLED.replace("id: id, ", ""), "E503", "reply.id"),
    ("an id nobody asks after", WHOLE.replace("results: url", "id: id, results: url"), "E507", ""),
    ("hosts for nothing", WHOLE + 'hosts: ["*.x.example"]\n', "E507", "address"),
    ("params into nothing", WHOLE.replace("json:", "params_in: input, json:"), "E502", "input"),
    ("a price of nothing", WHOLE + "price: [{model: x}]\n", "E502", "usd"),
    ("a price by nothing", WHOLE + "price: [{modle: x, usd: 1}]\n", "E504", '"model"?'),
    ("a duration without a unit", WHOLE.replace("post:", "deadline: 5, post:"), "E502", "5s"),
    ("min over max", WHOLE + "takes: {prompt: {min: 9, max: 3}}\n", "E502", "less than min"),
    ("no expression", WHOLE + "takes: {prompt: {pattern: '('}}\n", "E502", "regular"),
    ("a header with spaces", WHOLE + "headers: {'a b': c}\n", "E502", "a b"),
    ("a base_url with a key", WHOLE.replace("//api", "//me:pw@api"), "E510", "without user"),
    ("a path for params that is text", WHOLE + "faults: x\n", "E502", "list"),
]


@pytest.mark.parametrize(
    ("text", "code", "says"), [slip[1:] for slip in SLIPS], ids=[slip[0] for slip in SLIPS]
)
def test_a_slip_is_found_and_placed(slips: Slips, text: str, code: str, says: str) -> None:
    """Each planted slip is reported with its code, its remedy and a line of the file."""
    found = slips(text)
    told = [problem for problem in found if problem.code == code]
    assert told, [render(problem) for problem in found]
    assert any(says in render(problem) for problem in told), [render(one) for one in told]
    assert all(problem.place is not None for problem in told)


def test_all_slips_are_told_at_once_in_order(slips: Slips) -> None:
    """Nobody should have to mend a spec one mistake at a time."""
    text = HEAD + 'submit: {post: draw, json: {prompt: "${promt}"}}\nreply: {results: "url["}\n'
    assert [problem.code for problem in slips(text)] == ["E510", "E504", "E505"]


def test_of_several_submits_only_the_last_has_no_given(slips: Slips) -> None:
    """Otherwise some request could never be made, or none would be left to make."""
    one = '  - {post: /a, json: {prompt: "${prompt}"}}\n'
    two = '  - {given: image, post: /b, json: {image: "${image.uri}"}}\n'
    assert slips(HEAD + "submit:\n" + two + one + REPLY) == []
    assert {problem.code for problem in slips(HEAD + "submit:\n" + one + two + REPLY)} == {
        "E503",
        "E502",
    }


@pytest.mark.parametrize(
    "rule",
    [
        "{http: 503, is: transient, accepted: no}",
        "{http: 429, is: throttled, wait: 60s}",
        "{on: [poll, result], http: 503, is: transient}",
    ],
)
def test_a_rule_that_cannot_pay_twice_is_allowed(slips: Slips, rule: str) -> None:
    """Not accepted, a 429, or not a submit: then a repetition costs nothing."""
    assert slips(POLLED + f"faults: [{rule}]\n") == []


def test_a_spec_says_whether_polls_count_and_by_what_pictures_do(written: Written) -> None:
    limits = "limits: {rpm: 30, in_flight: 10, polls: yes, counts: params.n}\n"
    assert written(WHOLE + limits).limits == Limits(Decimal(30), 10, polls=True, counts="params.n")
    assert written(WHOLE).limits == Limits()

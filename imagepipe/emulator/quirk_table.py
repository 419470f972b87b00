"""The quirks by what they count and whom they concern: (counts, providers, {name: what it does}).

Data only. `REQUESTS` take a count or a chance of requests, `JOBS` of accepted jobs, `POLLS` a
number of polls of each job, `SWITCH` nothing. No provider named means all six.
"""

from __future__ import annotations

_TASKS = "rungen goneural cometapi-runway runway"
_RUNWAYS = "cometapi-runway runway"
_SYNC = "runcrate openai-images"

TABLE: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "REQUESTS",
        "",
        {
            # A submit that is not accepted.
            "429": "a submit is refused with 429 in the vendor's own way",
            "429-retry-after": "a submit is refused with 429 and Retry-After: 1",
            "429-http-date": "a submit is refused with 429 and Retry-After as an HTTP date",
            "429-300s": "a submit is refused with 429 and Retry-After: 300",
            "429-reset-epoch": "a submit is refused with 429 and X-RateLimit-Reset as Unix time",
            "429-body": "a submit is refused with 429 and the wait as retry_after in the body",
            "429-prose": "a submit is refused with 429 and the wait in a sentence",
            "429-daily": "a submit is refused with 429 because the day's quota is used up",
            "402": "a submit is refused with 402: out of credits",
            "bad-key": "the key is refused in the vendor's own way (401, at RunGen 403)",
            "500": "a submit gets 500 and is not accepted",
            "502": "a submit gets 502 and is not accepted",
            "503": "a submit gets 503 and is not accepted",
            "504": "a submit gets 504 and is not accepted",
            "moved": "a submit gets 301 to another path and is not accepted",
            "html": "a submit gets a 200 HTML page and is not accepted",
            "drop-before-accept": "the connection of a submit is cut; nothing was accepted",
            # A submit that is accepted, and paid for, whatever the client sees.
            "drop-after-accept": "the connection of a submit is cut after it was accepted",
            "500-after-accept": "a submit gets 500 although it was accepted",
            "garbled-after-accept": "an accepted submit is answered with cut-off JSON",
            # Downloads.
            "download-500": "a download gets 500",
            "download-truncated": "a download ends in the middle",
            "download-empty": "a download has 0 bytes",
            "download-html": "a download gets a 200 HTML page",
            "download-type": "a download says Content-Type: application/octet-stream",
        },
    ),
    (
        "REQUESTS",
        _TASKS,
        {
            "no-id": "an accepted submit is answered without an id",
            "poll-429": "a poll gets 429",
            "poll-500": "a poll gets 500",
            "poll-html": "a poll gets a 200 HTML page",
            "poll-drop": "the connection of a poll is cut",
        },
    ),
    (
        "REQUESTS",
        "cometapi-runway",
        {
            "524": "a submit gets 524 (the proxy gave up) although it was accepted",
            "403-waf": "a submit is refused by the firewall with 403 and an HTML page",
            "500-invalid-request": "a submit is refused with 500 and error.code invalid_request",
        },
    ),
    (
        "REQUESTS",
        _SYNC,
        {"slow": "an answer takes 61 seconds longer, past many clients' time-outs"},
    ),
    (
        "REQUESTS",
        "openai-images",
        {
            "moderated": "a submit is refused with 400 moderation_blocked",
            "insufficient-quota": "a submit is refused with 429 and code insufficient_quota",
        },
    ),
    (
        "JOBS",
        _TASKS,
        {
            "fail": "a job fails (GoNeural never says why; Runway: INTERNAL)",
            "cancelled": "a job ends cancelled (GoNeural has no such state and fails)",
            "forever": "a job never ends",
        },
    ),
    (
        "JOBS",
        _RUNWAYS,
        {
            "fail-safety-input": "a task FAILED with SAFETY.INPUT.TEXT, charged",
            "fail-safety-output": "a task FAILED with SAFETY.OUTPUT.IMAGE, charged",
            "fail-safety-prompt": "a task FAILED with INPUT_PREPROCESSING.SAFETY.TEXT, charged",
            "fail-third-party": "a task FAILED with INPUT_PREPROCESSING.SAFETY.THIRD_PARTY",
            "fail-bad-output": "a task FAILED with INTERNAL.BAD_OUTPUT.CODE01, refunded",
            "fail-preprocessing": "a task FAILED with INPUT_PREPROCESSING.INTERNAL, refunded",
            "fail-unavailable": "a task FAILED with THIRD_PARTY.UNAVAILABLE, refunded",
            "fail-asset": "a task FAILED with ASSET.INVALID, refunded",
            "fail-validation": "a task FAILED with THIRD_PARTY.INPUT_VALIDATION, refunded",
            "fail-no-code": "a task FAILED without a failureCode, refunded",
        },
    ),
    (
        "POLLS",
        _TASKS,
        {
            "queued": "the first polls of every job say that it is queued",
            "running": "then that many polls say that it is running",
            "not-found": "the first polls of every job get the vendor's 404",
            "unknown-status": "the first polls say a status that no document lists",
            "empty-result": "the first polls of a finished job show it without a result",
            "expired-url": "the addresses of the first finished polls answer 403",
        },
    ),
    ("POLLS", _RUNWAYS, {"throttled": "the first polls of every task say THROTTLED"}),
    (
        "POLLS",
        "cometapi-runway",
        {"task-not-exist": "the first polls (or seconds: 3s) get task_not_exist"},
    ),
    (
        "SWITCH",
        "",
        {
            "strict": "what the vendor's documents say is refused is refused",
            "rejects-authorization": "a download that carries credentials gets 400, as from S3",
        },
    ),
    (
        "SWITCH",
        "rungen",
        {
            "data-id": "a submit answers {data: {id}} as in the tutorial, without a status",
            "in-queue": "jobs are IN_QUEUE and IN_PROGRESS instead of QUEUED and RUNNING",
            "app-stopped": "the app is STOPPED and its jobs wait in the queue",
        },
    ),
    (
        "SWITCH",
        "goneural",
        {
            "filler-output": "queued tasks already show output, refunded and finishedAt",
            "empty-list": "empty maps come as [] instead of {}",
            "no-refund": "failed tasks are not refunded",
            "subscription-object": "/v1/billing gives the subscription as {id, name}",
        },
    ),
    (
        "SWITCH",
        "cometapi-runway",
        {
            "wrapped-submit": "a submit answers {code, message, data: {task_id}}",
            "wrapped": "polls come in CometAPI's envelope {code, message, data}",
            "mixed": "polls come wrapped and bare in turn",
            "reference-images-empty": "a request without referenceImages is refused",
        },
    ),
    (
        "SWITCH",
        _RUNWAYS,
        {
            "failures-free": "failed tasks cost 0 credits, whatever the code",
            "failures-billed": "failed tasks cost their full credits, whatever the code",
        },
    ),
    (
        "SWITCH",
        "runcrate",
        {
            "data-uri": "url is a data: URI",
            "base64": "pictures come as b64_json even where a url was asked for",
        },
    ),
    (
        "SWITCH",
        "openai-images",
        {"need-key": "a request without a key is refused with 401; local servers need none"},
    ),
)

"""MiniStack, with stand-ins for what it lacks of what the service's stack uses.

gaps.ts names each, and what is checked instead.
"""

import time
import uuid

from ministack import app
from ministack.services import apigateway, dynamodb, lambda_svc
from ministack.services.cloudformation import provisioners


def accept(_logical_id, properties, _stack_name):
    return str(uuid.uuid4()), {}


def accept_update(physical_id, *_rest):
    return physical_id, {}


def forget(*_arguments):
    pass


# Types that it refuses a whole template for. Nothing is behind them: they do nothing.
HANDLERS = provisioners._RESOURCE_HANDLERS
NOTHING = {"create": accept, "update": accept_update, "delete": forget}
for kind in ("ScalableTarget", "ScalingPolicy"):
    HANDLERS.setdefault(f"AWS::ApplicationAutoScaling::{kind}", NOTHING)

# The same for alarms on a formula of several metrics.
alarm = HANDLERS["AWS::CloudWatch::Alarm"]


def create_alarm(logical_id, properties, stack_name):
    create = accept if properties.get("Metrics") else alarm["create"]
    return create(logical_id, properties, stack_name)


def update_alarm(physical_id, old, new, stack_name, logical_id=None):
    if new.get("Metrics"):
        return physical_id, {}
    return alarm["update"](physical_id, old, new, stack_name, logical_id)


def delete_alarm(physical_id, properties):
    if not properties.get("Metrics"):
        alarm["delete"](physical_id, properties)


HANDLERS["AWS::CloudWatch::Alarm"] = {**alarm, "create": create_alarm, "update": update_alarm, "delete": delete_alarm}

# Tumbling windows of a stream: the event says from which shard it is, and an answer without a state has failed.
# Each batch is a window of its own here.
SHARD = "shardId-00000000000000000000-00000000"
windows = {}
mapping = HANDLERS["AWS::Lambda::EventSourceMapping"]
execute = lambda_svc._execute_function


def create_mapping(logical_id, properties, stack_name):
    windows[properties["EventSourceArn"]] = int(properties.get("TumblingWindowInSeconds", 0))
    return mapping["create"](logical_id, properties, stack_name)


def iso(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def execute_in_window(function, event):
    records = event.get("Records") if isinstance(event, dict) else None
    # A call through Lambda's API has its window already, or none.
    if not records or "eventSourceARN" not in records[0] or "shardId" in event:
        return execute(function, event)
    source = records[0]["eventSourceARN"]
    length = windows.get(source, 0)
    if length == 0:
        return execute(function, event)
    start = int(time.time()) // length * length
    result = execute(function, {
        **event,
        "window": {"start": iso(start), "end": iso(start + length)},
        "state": {},
        "shardId": SHARD,
        "eventSourceARN": source,
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
    })
    answer = result.get("body")
    if not result.get("error") and not (isinstance(answer, dict) and isinstance(answer.get("state"), dict)):
        return {**result, "error": True, "body": {"errorType": "NoState", "errorMessage": "The answer has no state."}}
    return result


HANDLERS["AWS::Lambda::EventSourceMapping"] = {**mapping, "create": create_mapping}
lambda_svc._execute_function = execute_in_window

# What a PartiQL statement deletes goes into the stream, too.
delete = dynamodb._partiql_delete


def delete_and_tell(table, parsed, data=None):
    key, sort_key, _condition, error = dynamodb._partiql_key_target(table, parsed)
    before = None if error else table["items"].get(key, {}).get(sort_key)
    answer = delete(table, parsed, data)
    if before is not None and table["items"].get(key, {}).get(sort_key) is None:
        dynamodb._emit_stream_event(table["TableName"], "REMOVE", before, None)
    return answer


dynamodb._partiql_delete = delete_and_tell

# On AWS, an API without a CORS configuration hands OPTIONS to its routes as any other method.
handle = apigateway._handle_execute_in_scope


class Handed(str):
    """A method that is not known for the one that would be answered here."""

    __hash__ = str.__hash__

    def __eq__(self, other):
        return False


async def handle_options(api_id, stage, path, method, *rest):
    if method == "OPTIONS" and not (apigateway._apis.get(api_id) or {}).get("corsConfiguration"):
        method = Handed(method)
    return await handle(api_id, stage, path, method, *rest)


apigateway._handle_execute_in_scope = handle_options

app.main()

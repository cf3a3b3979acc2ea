"""What AWS charges: list prices of us-east-1 in dollars, without the free tier of new accounts.

The only place that knows a price of AWS. The names say what one unit is. What a unit of work of ours costs by them
stands in core/costs.py.
"""

MILLION = 1_000_000

HTTP_API_REQUEST = 1.00 / MILLION
LAMBDA_REQUEST = 0.20 / MILLION
LAMBDA_GB_SECOND = 0.0000133334
"""Of an arm64 function."""

DYNAMODB_WRITE_UNIT = 0.625 / MILLION
"""On demand: 1 KB of the whole item; an index entry counts for itself; twice in a transaction."""
DYNAMODB_READ_UNIT = 0.125 / MILLION
"""On demand: 4 KB read consistently; half of it otherwise; twice in a transaction."""
DYNAMODB_GB_MONTH = 0.25
DYNAMODB_PITR_GB_MONTH = 0.20

EVENTBRIDGE_EVENT = 1.00 / MILLION
"""Put on a bus of one's own. Schedules and deliveries to Lambda cost nothing."""
EVENTBRIDGE_ARCHIVE_GB = 0.10
STEP_FUNCTIONS_TRANSITION = 25.00 / MILLION
SQS_REQUEST = 0.40 / MILLION
SNS_PUBLISH = 0.50 / MILLION
"""Deliveries to SQS cost nothing."""
SES_EMAIL = 100.00 / MILLION

LOGS_GB = 0.50
LOGS_GB_MONTH = 0.03
METRIC_MONTH = 0.30
"""A metric of one's own, for every combination of dimensions, while it is written."""
ALARM_MONTH = 0.10
ALARMS_INCLUDED = 10
"""CloudWatch's price begins after these, in every account and for ever."""
DASHBOARD_MONTH = 3.00
DASHBOARDS_INCLUDED = 3
"""CloudWatch's price begins after these, in every account and for ever."""

S3_PUT = 5.00 / MILLION
S3_GET = 0.40 / MILLION
S3_GB_MONTH = 0.023

HOURS_A_MONTH = 730
SQS_IDLE_REQUESTS_A_MONTH = 5 * HOURS_A_MONTH * 3600 / 20
"""Lambda asks an idle queue with five pollers, each waiting twenty seconds."""

// The columns of an endpoint as read_endpoint() takes them, for statements that read endpoints
// alone or beside something else. Literals: a statement is one text for ever.
#pragma once

#define WEBHOOKS_ENDPOINT_COLUMNS(e)                                                          \
  e ".id, " e ".tenant_id, " e ".url, " e ".description, " e ".event_types, " e ".format, " e \
    ".ordered, " e ".rate_per_s, " e ".max_running, " e ".secrets, " e ".state, " e           \
    ".failing_since, " e ".disabled_at, " e ".created_at, " e ".updated_at, " e ".version"

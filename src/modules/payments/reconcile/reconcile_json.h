// The JSON of reconciliation, declared once for parsing, rendering and OpenAPI. Amounts are whole
// minor units; days are dates.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "modules/payments/reconcile/ageing.h"
#include "modules/payments/reconcile/reconciliation.h"
#include "modules/payments/reconcile/run_totals.h"
#include "platform/json/schema.h"

namespace ashlar::payments::reconcile {

struct RunJson {
  std::string id, provider, day;
  std::int64_t version = 1;
  std::string state, format;
  std::optional<std::string> statement_id;
  std::string statement_sha256, asked_by;
  std::int64_t lines = 0, breaks = 0, open_breaks = 0;
  std::vector<TotalsJson> totals;
  base::Time at{};
};

struct HalfJson {
  Money amount = 0, fee = 0;
  std::string day;
};
struct ItemJson {
  std::string reconciliation;
  std::int64_t number = 0;
  std::string provider, day, outcome;
  std::optional<std::string> state;
  std::string type, reference, currency, description;
  std::optional<std::string> payment, object;
  std::optional<HalfJson> ours, statement;
  std::optional<std::int64_t> line;
  Money difference = 0, suspense = 0;
  std::optional<std::string> resolution, resolved_by, resolved_by_run, note;
  std::optional<base::Time> resolved_at;
};

struct ResolveJson {
  std::string resolution;
  std::string note;
};

struct AgeJson {
  std::string days;
  std::int64_t breaks = 0;
  Money difference = 0, at_stake = 0;
};
struct AgeingJson {
  std::string provider, currency;
  std::int64_t breaks = 0;
  std::vector<AgeJson> ages;
};
struct AgeingListJson {
  std::string day;
  std::vector<AgeingJson> open;
};

struct ReportJson {
  RunJson reconciliation;
  std::vector<ItemJson> breaks;
};

RunJson json_of(const Run& run);
ItemJson json_of(const Item& item);

const json::Schema<RunJson>& run_schema();
const json::Schema<json::Page<RunJson>>& run_page_schema();
const json::Schema<ItemJson>& item_schema();
const json::Schema<json::Page<ItemJson>>& item_page_schema();
const json::Schema<ResolveJson>& resolve_schema();
const json::Schema<AgeingListJson>& ageing_schema();
const json::Schema<ReportJson>& report_schema();

std::optional<std::string> state_name(ItemState state);  // "open"; none of what is no break
std::optional<ItemState> item_state_of(std::string_view name);

}  // namespace ashlar::payments::reconcile

// RunTotals: a run in figures, a currency each, as JSON: in its row, its report and the API alike.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/payments/reconcile/match.h"
#include "platform/json/schema.h"

namespace ashlar::payments::reconcile {

struct TotalsJson {
  std::string currency;  // "USD"
  std::int64_t statement_lines = 0, our_lines = 0;
  Money statement_amount = 0, statement_fee = 0, our_amount = 0, our_fee = 0, difference = 0;
  Money unexplained = 0;
  std::int64_t matched = 0, missing = 0, extra = 0, amount = 0, fee = 0, date = 0;
};
const json::Schema<TotalsJson>& totals_schema();

std::vector<TotalsJson> json_of(const std::map<std::string, Totals>& totals);

// As a row keeps it. totals_of_text: kInternal reconciliation_damaged.
std::string totals_text(const std::map<std::string, Totals>& totals);
base::Result<std::map<std::string, Totals>> totals_of_text(std::string_view text);

// "usd" as "USD", as the API gives it.
std::string upper(std::string_view currency);

}  // namespace ashlar::payments::reconcile

#include "modules/payments/reconcile/run_totals.h"

#include "base/text.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"

namespace ashlar::payments::reconcile {

std::string upper(std::string_view currency) {
  std::string out(currency);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

const json::Schema<TotalsJson>& totals_schema() {
  static const auto kSchema =
      json::Schema<TotalsJson>("ReconciliationTotals", "A run in figures, for one currency.")
          .required("currency", &TotalsJson::currency, {.example = "EUR"})
          .required("statement_lines", &TotalsJson::statement_lines)
          .required("our_lines", &TotalsJson::our_lines)
          .required("statement_amount", &TotalsJson::statement_amount,
                    {.doc = "Minor units, before fees."})
          .required("statement_fee", &TotalsJson::statement_fee)
          .required("our_amount", &TotalsJson::our_amount)
          .required("our_fee", &TotalsJson::our_fee)
          .required("difference", &TotalsJson::difference,
                    {.doc = "The statement's net less ours: what the breaks add up to."})
          .required("unexplained", &TotalsJson::unexplained,
                    {.doc = "What the statement's own balances say beyond its lines; 0 where it "
                            "gives none or they add up."})
          .required("matched", &TotalsJson::matched)
          .required("missing", &TotalsJson::missing, {.doc = "We have it, the statement has not."})
          .required("extra", &TotalsJson::extra, {.doc = "The statement has it, we have not."})
          .required("amount", &TotalsJson::amount, {.doc = "Both have it, amounts differ."})
          .required("fee", &TotalsJson::fee, {.doc = "Both have it, fees differ."})
          .required("date", &TotalsJson::date, {.doc = "Both have it, on days too far apart."});
  return kSchema;
}

std::vector<TotalsJson> json_of(const std::map<std::string, Totals>& totals) {
  std::vector<TotalsJson> all;
  for (const auto& [currency, t] : totals) {
    all.push_back({upper(currency), t.their_lines, t.our_lines, t.their_amount, t.their_fee,
                   t.our_amount, t.our_fee, t.difference(), t.unexplained, t.matched, t.missing,
                   t.extra, t.amount, t.fee, t.date});
  }
  return all;
}

std::string totals_text(const std::map<std::string, Totals>& totals) {
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  for (const TotalsJson& one : json_of(totals)) totals_schema().write(writer, one);
  writer.end_array();
  return text;
}

base::Result<std::map<std::string, Totals>> totals_of_text(std::string_view text) {
  const auto damaged = [] {
    return base::fail(base::Code::kInternal, "reconciliation_damaged",
                      "the totals of a run cannot be read");
  };
  ASHLAR_ASSIGN(const json::Value value, json::parse(text));
  const json::Value::Array* list = value.if_array();
  if (list == nullptr) return damaged();
  std::map<std::string, Totals> totals;
  for (const json::Value& one : *list) {
    const auto read = totals_schema().parse(one);
    if (!read.ok()) return damaged();
    totals[base::ascii_lower(read->currency)] = {
        read->statement_lines, read->our_lines,  read->statement_amount,
        read->statement_fee,   read->our_amount, read->our_fee,
        read->matched,         read->missing,    read->extra,
        read->amount,          read->fee,        read->date,
        read->unexplained};
  }
  return totals;
}

}  // namespace ashlar::payments::reconcile

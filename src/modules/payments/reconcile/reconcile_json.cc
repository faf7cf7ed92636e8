#include "modules/payments/reconcile/reconcile_json.h"

#include <array>

#include "base/encoding.h"

namespace ashlar::payments::reconcile {
namespace {

constexpr std::array<std::string_view, 3> kRunStates{"running", "done", "replaced"};
constexpr std::array<std::string_view, 4> kItemStates{"", "open", "resolved", "replaced"};
const json::Choices kOutcomes{"matched", "missing", "extra", "amount", "fee", "date"};

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<HalfJson> json_of(const std::optional<Half>& half) {
  if (!half) return std::nullopt;
  return HalfJson{half->amount, half->fee, format_day(half->day)};
}

const json::Schema<HalfJson>& half_schema() {
  static const auto kSchema =
      json::Schema<HalfJson>("ReconciliationSide", "What one side has of a line.")
          .required("amount", &HalfJson::amount,
                    {.doc = "Minor units, before the fee; negative where money left us."})
          .required("fee", &HalfJson::fee)
          .required("day", &HalfJson::day, {.example = "2026-11-21"});
  return kSchema;
}

}  // namespace

std::optional<std::string> state_name(ItemState state) {
  return unless_empty(std::string(kItemStates[static_cast<std::size_t>(state)]));
}

std::optional<ItemState> item_state_of(std::string_view name) {
  for (std::size_t i = 1; i < kItemStates.size(); ++i) {
    if (kItemStates[i] == name) return static_cast<ItemState>(i);
  }
  return std::nullopt;
}

RunJson json_of(const Run& run) {
  RunJson json;
  json.id = run.id;
  json.provider = run.provider;
  json.day = format_day(run.day);
  json.version = run.version;
  json.state = kRunStates[static_cast<std::size_t>(run.state)];
  json.format = format_name(run.format);
  json.statement_id = unless_empty(run.statement_id);
  json.statement_sha256 = base::hex_encode(run.hash);
  json.asked_by = run.by;
  json.lines = run.items;
  json.breaks = run.breaks;
  json.open_breaks = run.open;
  json.totals = json_of(run.totals);
  json.at = run.at;
  return json;
}

ItemJson json_of(const Item& item) {
  ItemJson json;
  json.reconciliation = item.run;
  json.number = item.no;
  json.provider = item.provider;
  json.day = format_day(item.day);
  json.outcome = outcome_name(item.outcome);
  json.state = state_name(item.state);
  json.type = kind_name(item.kind);
  json.reference = item.reference;
  json.currency = upper(item.currency);
  json.description = item.description;
  json.payment = unless_empty(item.payment);
  json.object = unless_empty(item.object);
  json.ours = json_of(item.ours);
  json.statement = json_of(item.theirs);
  if (item.theirs) json.line = item.row;
  json.difference = item.difference();
  json.suspense = item.suspense;
  json.resolution = unless_empty(item.resolution);
  json.resolved_by = unless_empty(item.by);
  json.resolved_by_run = unless_empty(item.resolved_run);
  json.note = unless_empty(item.note);
  json.resolved_at = item.resolved_at;
  return json;
}

const json::Schema<RunJson>& run_schema() {
  static const auto kSchema =
      json::Schema<RunJson>("Reconciliation",
                            "A provider's statement of one day held against what was recorded.")
          .required("id", &RunJson::id, {.example = "rec_sandbox_20261121"})
          .required("provider", &RunJson::provider, {.example = "sandbox"})
          .required("day", &RunJson::day, {.example = "2026-11-21"})
          .required("version", &RunJson::version,
                    {.doc = "2 and more: it replaced another statement for the day."})
          .required("state", &RunJson::state, {.one_of = {"running", "done", "replaced"}})
          .required("format", &RunJson::format, {.one_of = {"csv", "camt.053", "sandbox"}})
          .required("statement_id", &RunJson::statement_id,
                    {.doc = "The provider's number of the statement."})
          .required("statement_sha256", &RunJson::statement_sha256)
          .required("asked_by", &RunJson::asked_by, {.example = "the nightly job"})
          .required("lines", &RunJson::lines)
          .required("breaks", &RunJson::breaks)
          .required("open_breaks", &RunJson::open_breaks)
          .required("totals", &RunJson::totals, totals_schema())
          .required("at", &RunJson::at);
  return kSchema;
}

const json::Schema<json::Page<RunJson>>& run_page_schema() {
  static const auto kSchema = json::page_schema(run_schema());
  return kSchema;
}

const json::Schema<ItemJson>& item_schema() {
  static const auto kSchema =
      json::Schema<ItemJson>("ReconciliationItem",
                             "A line of a run: matched, or a break (any other outcome).")
          .required("reconciliation", &ItemJson::reconciliation)
          .required("number", &ItemJson::number, {.doc = "In its run, from 1."})
          .required("provider", &ItemJson::provider)
          .required("day", &ItemJson::day, {.doc = "Of the run."})
          .required("outcome", &ItemJson::outcome, {.one_of = kOutcomes})
          .required("state", &ItemJson::state,
                    {.doc = "open, resolved or replaced; null: it is no break."})
          .required("type", &ItemJson::type, {.example = "capture"})
          .required("reference", &ItemJson::reference, {.doc = "The provider's."})
          .required("currency", &ItemJson::currency, {.example = "EUR"})
          .required("description", &ItemJson::description)
          .required("payment", &ItemJson::payment)
          .required("object", &ItemJson::object,
                    {.doc = "The capture, refund, dispute or payout of ours."})
          .required("ours", &ItemJson::ours, half_schema(), {.doc = "null: we have none."})
          .required("statement", &ItemJson::statement, half_schema(),
                    {.doc = "null: the statement has none."})
          .required("line", &ItemJson::line, {.doc = "Of the statement."})
          .required("difference", &ItemJson::difference,
                    {.doc = "The statement's net less ours, minor units."})
          .required("suspense", &ItemJson::suspense,
                    {.doc = "What of it lies in the suspense account now."})
          .required("resolution", &ItemJson::resolution,
                    {.doc = "appeared (on a later statement), recorded (by us, later), "
                            "written_off, corrected or explained."})
          .required("resolved_by", &ItemJson::resolved_by)
          .required("resolved_by_run", &ItemJson::resolved_by_run)
          .required("note", &ItemJson::note)
          .required("resolved_at", &ItemJson::resolved_at);
  return kSchema;
}

const json::Schema<json::Page<ItemJson>>& item_page_schema() {
  static const auto kSchema = json::page_schema(item_schema());
  return kSchema;
}

const json::Schema<ResolveJson>& resolve_schema() {
  static const auto kSchema =
      json::Schema<ResolveJson>("ResolveBreak", "How a break is settled.")
          .required("resolution", &ResolveJson::resolution,
                    {.doc = "written_off: the difference moves to differences:<currency>. "
                            "corrected: the statement was wrong, its suspense is taken back. "
                            "explained: nothing is booked.",
                     .one_of = {"written_off", "corrected", "explained"}})
          .required("note", &ResolveJson::note,
                    {.doc = "Why, for whoever audits it.", .min_length = 1, .max_length = 1000});
  return kSchema;
}

const json::Schema<AgeingListJson>& ageing_schema() {
  static const auto kAge =
      json::Schema<AgeJson>("BreakAge", "Open breaks of an age.")
          .required("days", &AgeJson::days,
                    {.doc = "Since the day of the statement.", .example = "2-7"})
          .required("breaks", &AgeJson::breaks)
          .required("difference", &AgeJson::difference)
          .required("at_stake", &AgeJson::at_stake,
                    {.doc = "The sum of their sizes: opposite signs do not cancel."});
  static const auto kOne =
      json::Schema<AgeingJson>("BreakAgeing", "Open breaks of a provider and a currency.")
          .required("provider", &AgeingJson::provider)
          .required("currency", &AgeingJson::currency)
          .required("breaks", &AgeingJson::breaks)
          .required("ages", &AgeingJson::ages, kAge);
  static const auto kSchema =
      json::Schema<AgeingListJson>("BreakAgeingList", "Open breaks by their age.")
          .required("day", &AgeingListJson::day, {.doc = "Today, UTC."})
          .required("open", &AgeingListJson::open, kOne);
  return kSchema;
}

const json::Schema<ReportJson>& report_schema() {
  static const auto kSchema =
      json::Schema<ReportJson>("ReconciliationReport", "A run with all its breaks.")
          .required("reconciliation", &ReportJson::reconciliation, run_schema())
          .required("breaks", &ReportJson::breaks, item_schema());
  return kSchema;
}

}  // namespace ashlar::payments::reconcile

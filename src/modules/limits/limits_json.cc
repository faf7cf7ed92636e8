#include "modules/limits/limits_json.h"

#include <algorithm>
#include <utility>

#include "modules/limits/rate_fields.h"

namespace ashlar::limits {
namespace {

constexpr const char* kAttributesDoc =
    "What is known of the request, at most 16: `user`, `endpoint`, `address`, `api_key`, or names "
    "of your own ([a-z0-9_.-]{1,40}); strings of at most 256 bytes. An IPv6 address counts by its "
    "/64.";
constexpr const char* kAttributesExample = R"({"user":"alice","endpoint":"POST /orders"})";
constexpr const char* kCostDoc = "How many units it costs; what each rule says if not given.";
constexpr const char* kLimitsDoc = "What each rule that applies said, in the order of the rules.";
constexpr const char* kFieldsDoc = "HTTP fields to hand on to whoever made the request.";
constexpr std::int64_t kMostCost = static_cast<std::int64_t>(kMaxCost);

std::int64_t milliseconds_up(std::chrono::nanoseconds time) {
  return std::chrono::ceil<std::chrono::milliseconds>(time).count();
}

// null: it will never pass.
std::optional<std::int64_t> waiting_ms(std::chrono::nanoseconds time) {
  if (time == kit::kNeverFits) return std::nullopt;
  return milliseconds_up(time);
}

const char* source_name(Source source) {
  switch (source) {
    case Source::kCount:
      return "count";
    case Source::kFailedOpen:
      return "failed_open";
    case Source::kFailedClosed:
      return "failed_closed";
    case Source::kFailedLocal:
      return "failed_local";
  }
  return "count";
}

const json::Schema<RuleAnswerJson>& rule_answer_schema() {
  static const auto kSchema =
      json::Schema<RuleAnswerJson>("RuleAnswer", "What one rule said to one request.")
          .required("rule", &RuleAnswerJson::rule, {.example = "per-user"})
          .required("key", &RuleAnswerJson::key,
                    {.doc = "Under which text it counts the request.", .example = "alice"})
          .required("allowed", &RuleAnswerJson::allowed,
                    {.doc = "What this rule alone says; a shadow rule's word changes nothing."})
          .required("shadow", &RuleAnswerJson::shadow, {.doc = "Whether it only watches."})
          .required("cost", &RuleAnswerJson::cost, {.doc = "The units it was asked about."})
          .required("limit", &RuleAnswerJson::limit, {.doc = "The most that passes at once."})
          .required("remaining", &RuleAnswerJson::remaining,
                    {.doc = "What would pass after this; of a peek, after what it asks about."})
          .required("retry_after_ms", &RuleAnswerJson::retry_after_ms,
                    {.doc = "When it would pass: never too early, up to a tenth of the period "
                            "late. 0 where allowed, null where it never will."})
          .required("reset_after_ms", &RuleAnswerJson::reset_after_ms,
                    {.doc = "When nothing counts as taken any more."})
          .required("source", &RuleAnswerJson::source,
                    {.doc = "Whether the count was asked, or, since it could not be, the rule's "
                            "`on_failure`.",
                     .one_of = {"count", "failed_open", "failed_closed", "failed_local"}});
  return kSchema;
}

const json::Schema<FieldsJson>& fields_schema() {
  static const auto kSchema =
      json::Schema<FieldsJson>("RateLimitFields", "HTTP fields; null: leave it out.")
          .required("RateLimit-Policy", &FieldsJson::policy, {.example = "\"per-user\";q=100;w=60"})
          .required("RateLimit", &FieldsJson::limit, {.example = "\"per-user\";r=42;t=13"})
          .required("Retry-After", &FieldsJson::retry_after, {.example = "14"});
  return kSchema;
}

std::optional<std::string> unless_empty(std::string text) {
  if (text.empty()) return std::nullopt;
  return text;
}

}  // namespace

const json::Schema<CheckJson>& check_schema() {
  static const auto kSchema =
      json::Schema<CheckJson>("LimitCheck", "May this request pass?")
          .required("attributes", &CheckJson::attributes,
                    {.doc = kAttributesDoc, .example = kAttributesExample})
          .optional("cost", &CheckJson::cost, {.doc = kCostDoc, .min = 0, .max = kMostCost})
          .optional("peek", &CheckJson::peek, {.doc = "Only ask; take nothing."});
  return kSchema;
}

const json::Schema<ChecksJson>& checks_schema() {
  static const auto kSchema =
      json::Schema<ChecksJson>("LimitChecks", "Several checks, each on its own, in order.")
          .required("checks", &ChecksJson::checks, check_schema(),
                    {.min_items = 1, .max_items = Limits::kMaxBatch});
  return kSchema;
}

const json::Schema<RefundJson>& refund_schema() {
  static const auto kSchema =
      json::Schema<RefundJson>("LimitRefund", "What a check took and was not used.")
          .required("attributes", &RefundJson::attributes,
                    {.doc = kAttributesDoc, .example = kAttributesExample})
          .optional("cost", &RefundJson::cost, {.doc = kCostDoc, .min = 0, .max = kMostCost});
  return kSchema;
}

const json::Schema<ReserveJson>& reserve_schema() {
  static const auto kSchema =
      json::Schema<ReserveJson>("LimitReserve", "Takes what a request may need.")
          .required("attributes", &ReserveJson::attributes,
                    {.doc = kAttributesDoc, .example = kAttributesExample})
          .optional("cost", &ReserveJson::cost,
                    {.doc = kCostDoc, .min = 0, .max = kMostCost, .example = 4096})
          .optional("ttl_ms", &ReserveJson::ttl_ms,
                    {.doc = "For so long it can be settled; at most an hour.",
                     .min = 1,
                     .max = ReservationCodec::kMaxLife.count()});
  return kSchema;
}

const json::Schema<SettleJson>& settle_schema() {
  static const auto kSchema =
      json::Schema<SettleJson>("LimitSettle", "What a reserved request has used.")
          .required("reservation", &SettleJson::reservation,
                    {.doc = "As reserve gave it.", .max_length = ReservationCodec::kMaxBytes})
          .required("used", &SettleJson::used,
                    {.doc = "Units. Less than reserved: the rest is given back; more: it is "
                            "charged, whether it fits or not.",
                     .min = 0,
                     .max = kMostCost,
                     .example = 1311});
  return kSchema;
}

const json::Schema<AnswerJson>& answer_schema() {
  static const auto kSchema =
      json::Schema<AnswerJson>("LimitAnswer",
                               "Whether the request may pass, and what each rule said.")
          .required("allowed", &AnswerJson::allowed,
                    {.doc = "Taken from all limits; else from none."})
          .required("retry_after_ms", &AnswerJson::retry_after_ms,
                    {.doc = "The longest of the rules that refused; 0 where allowed, null where "
                            "it never passes."})
          .required("limits", &AnswerJson::limits, rule_answer_schema(), {.doc = kLimitsDoc})
          .required("fields", &AnswerJson::fields, fields_schema(), {.doc = kFieldsDoc});
  return kSchema;
}

const json::Schema<AnswersJson>& answers_schema() {
  static const auto kSchema =
      json::Schema<AnswersJson>("LimitAnswers", "One answer for each check, in order.")
          .required("results", &AnswersJson::results, answer_schema());
  return kSchema;
}

const json::Schema<ReservedJson>& reserved_schema() {
  static const auto kSchema =
      json::Schema<ReservedJson>("LimitReserved", "What was reserved, or who refused it.")
          .required("allowed", &ReservedJson::allowed)
          .required(
              "reservation", &ReservedJson::reservation,
              {.doc = "To settle with, at any instance; null where refused.", .example = "AhZ…"})
          .required("expires_at", &ReservedJson::expires_at,
                    {.doc = "From then on it cannot be settled, and all of it counts as used."})
          .required("retry_after_ms", &ReservedJson::retry_after_ms,
                    {.doc = "As in a check's answer."})
          .required("limits", &ReservedJson::limits, rule_answer_schema(), {.doc = kLimitsDoc})
          .required("fields", &ReservedJson::fields, fields_schema(), {.doc = kFieldsDoc});
  return kSchema;
}

const json::Schema<SettledJson>& settled_schema() {
  static const auto kSchema =
      json::Schema<SettledJson>("LimitSettled", "What settling changed.")
          .required("used", &SettledJson::used)
          .required("limits", &SettledJson::limits, rule_answer_schema(),
                    {.doc = "Of each rule that still exists; `cost` is what was given back or "
                            "charged."});
  return kSchema;
}

base::Result<std::vector<Attribute>> attributes_of(const json::Value::Object& attributes,
                                                   std::string_view pointer) {
  std::vector<Attribute> out;
  out.reserve(attributes.size());
  std::vector<base::FieldError> wrong;
  for (const auto& [name, value] : attributes) {
    if (value.if_string() != nullptr) {
      out.push_back({name, *value.if_string()});
    } else if (wrong.size() < json::Shape::kMaxFieldErrors) {
      wrong.push_back(
          {std::string(pointer) + "/attributes/" + (is_attribute_name(name) ? name : std::string()),
           "wrong_type", "must be a string"});
    }
  }
  if (wrong.empty()) return out;
  return base::Error{base::Code::kInvalid, "invalid_request",
                     "The attributes are not as they should be.", std::move(wrong)};
}

std::vector<RuleAnswerJson> render(const std::vector<RuleAnswer>& answers) {
  std::vector<RuleAnswerJson> out;
  out.reserve(answers.size());
  for (const RuleAnswer& each : answers) {
    const kit::Decision& decision = each.outcome.decision;
    const auto shown = [](std::uint64_t count) {
      return static_cast<std::int64_t>(std::min(count, kMaxAmount));
    };
    out.push_back({.rule = each.rule->rule.name,
                   .key = each.key,
                   .allowed = decision.allowed,
                   .shadow = each.rule->rule.limit.shadow,
                   .cost = static_cast<std::int64_t>(each.cost),
                   .limit = shown(each.rule->limit->capacity()),
                   .remaining = shown(decision.remaining),
                   .retry_after_ms = waiting_ms(each.retry_after),
                   .reset_after_ms = milliseconds_up(decision.reset_after),
                   .source = source_name(each.outcome.source)});
  }
  return out;
}

AnswerJson render(const CheckAnswer& answer) {
  RateFields fields = rate_fields(answer);
  return {.allowed = answer.allowed,
          .retry_after_ms = waiting_ms(answer.retry_after),
          .limits = render(answer.by_rule),
          .fields = {unless_empty(std::move(fields.policy)), unless_empty(std::move(fields.limit)),
                     unless_empty(std::move(fields.retry_after))}};
}

}  // namespace ashlar::limits

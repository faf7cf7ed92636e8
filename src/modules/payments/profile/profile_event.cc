#include "modules/payments/profile/profile_event.h"

#include <algorithm>
#include <array>

#include "modules/payments/ids.h"
#include "modules/payments/profile/object_parts.h"
#include "modules/payments/profile/profile_error.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace ashlar::payments::profile {
namespace {

using json::Writer;

// What a core event is here: `last`, and before it `first`. Where a payment is captured at once,
// its authorisation is no news of its own.
struct Rule {
  std::string_view core;
  std::string_view last, first;
  enum class Where : std::uint8_t {
    kAlways,
    kManual,
    kAutomatic,
    kDone,
    kNotDone
  } where = Where::kAlways;
};
using enum Rule::Where;

constexpr std::array kRules{
    Rule{"payment.created", "payment_intent.created", ""},
    Rule{"payment.action_needed", "payment_intent.requires_action", ""},
    Rule{"payment.authorized", "payment_intent.amount_capturable_updated", "charge.succeeded",
         kManual},
    Rule{"payment.declined", "payment_intent.payment_failed", "charge.failed"},
    Rule{"payment.captured", "payment_intent.succeeded", "charge.succeeded", kAutomatic},
    Rule{"payment.captured", "payment_intent.succeeded", "charge.captured", kDone},
    Rule{"payment.captured", "payment_intent.amount_capturable_updated", "charge.captured",
         kNotDone},
    Rule{"payment.canceled", "payment_intent.canceled", ""},
    Rule{"payment.authorization_expired", "payment_intent.canceled", "charge.expired"},
    Rule{"payment.processing", "payment_intent.processing", ""},
    Rule{"charge.updated", "charge.updated", ""},
    Rule{"refund.created", "refund.created", ""},
    Rule{"refund.pending", "refund.updated", ""},
    Rule{"refund.succeeded", "charge.refunded", "refund.updated"},
    Rule{"refund.failed", "refund.failed", "refund.updated"},
    Rule{"refund.canceled", "refund.updated", ""},
    Rule{"refund.updated", "refund.updated", ""},
    Rule{"dispute.opened", "charge.dispute.funds_withdrawn", "charge.dispute.created"},
    Rule{"dispute.updated", "charge.dispute.updated", ""},
    Rule{"dispute.submitted", "charge.dispute.updated", ""},
    Rule{"dispute.won", "charge.dispute.funds_reinstated", "charge.dispute.closed"},
    Rule{"dispute.lost", "charge.dispute.closed", ""},
    Rule{"customer.created", "customer.created", ""},
    Rule{"customer.updated", "customer.updated", ""},
    Rule{"customer.deleted", "customer.deleted", ""},
    Rule{"method.attached", "payment_method.attached", ""},
    Rule{"method.detached", "payment_method.detached", ""},
    Rule{"method.updated", "payment_method.updated", ""},
    Rule{"payout.created", "payout.created", ""},
    Rule{"payout.in_transit", "payout.updated", ""},
    Rule{"payout.paid", "payout.paid", ""},
    Rule{"payout.failed", "payout.failed", ""},
};

constexpr char kFirst = 'b';

bool holds(const Rule& rule, const Told& told) {
  if (rule.core != told.type) return false;
  if (rule.where == kAlways) return true;
  if (!told.payment) return false;
  const bool manual = told.payment->capture == Capture::kManual;
  const bool done = told.payment->state == PaymentState::kSucceeded;
  switch (rule.where) {
    case kManual:
      return manual;
    case kAutomatic:
      return !manual;
    case kDone:
      return manual && done;
    case kNotDone:
      return manual && !done;
    case kAlways:
      break;
  }
  return true;
}

bool begins(std::string_view type, std::string_view with) { return type.starts_with(with); }

const Attempt* charge_of(const Payment& payment, const std::string& part) {
  if (const CapturePart* capture = payment.capture_part(part)) {
    return payment.attempt(capture->attempt);
  }
  if (const Refund* refund = payment.refund(part)) return payment.attempt(refund->attempt);
  if (const Attempt* attempt = payment.attempt(part)) return attempt;
  return payment.latest_attempt();
}

// Nothing is written where there is no such object.
base::Status write_payment_part(Writer& out, std::string_view type, const Payment& payment,
                                const std::string& part, const Scene& scene) {
  const Expand& none = Expand::none();
  if (begins(type, "payment_intent.")) return write_payment_intent(out, payment, scene, none);
  if (begins(type, "charge.dispute.")) {
    const Dispute* dispute = payment.dispute(part);
    return dispute == nullptr ? base::ok_status()
                              : write_dispute(out, payment, *dispute, scene, none);
  }
  if (begins(type, "refund.")) {
    const Refund* refund = payment.refund(part);
    return refund == nullptr ? base::ok_status() : write_refund(out, payment, *refund, scene, none);
  }
  const Attempt* charge = charge_of(payment, part);
  return charge == nullptr ? base::ok_status() : write_charge(out, payment, *charge, scene, none);
}

struct Subject {
  const std::optional<Payment>& payment;
  const std::optional<Customer>& customer;
  const std::optional<Method>& method;
  const std::optional<Payout>& payout;
};

base::Result<std::string> object_of(std::string_view type, const Subject& subject,
                                    const std::string& part, const Scene& scene) {
  std::string text;
  Writer out(text);
  if (subject.payment) {
    ASHLAR_TRY(write_payment_part(out, type, *subject.payment, part, scene));
  } else if (subject.customer) {
    // What was deleted is told whole, as it last was.
    Customer customer = *subject.customer;
    customer.deleted = false;
    ASHLAR_TRY(write_customer(out, customer, scene, Expand::none()));
  } else if (subject.method) {
    ASHLAR_TRY(write_payment_method(out, *subject.method, scene, Expand::none()));
  } else if (subject.payout) {
    write_payout(out, *subject.payout, scene);
  }
  return text;
}

bool tells_what_changed(std::string_view type) {
  return type.ends_with(".updated") || type.ends_with("_updated") || type == "charge.captured" ||
         type == "charge.refunded" || type == "charge.dispute.closed";
}

// Members of the object before that are others now.
base::Result<std::string> changed(const std::string& before, const std::string& after) {
  ASHLAR_ASSIGN(const json::Value old, json::parse(before));
  ASHLAR_ASSIGN(const json::Value now, json::parse(after));
  std::string text;
  Writer out(text);
  out.begin_object();
  for (const auto& [name, value] : *old.if_object()) {
    const json::Value* other = now.find(name);
    if (other == nullptr || !(*other == value)) out.key(name).value(value);
  }
  out.end_object();
  return text;
}

}  // namespace

std::vector<ProfileEvent> events_of(const Told& told) {
  const auto* const rule =
      std::ranges::find_if(kRules, [&](const Rule& one) { return holds(one, told); });
  std::vector<ProfileEvent> events;
  if (rule == kRules.end()) return events;
  events.push_back({told.id, rule->last});
  if (!rule->first.empty()) events.push_back({told.id + kFirst, rule->first});
  return events;
}

std::vector<ProfileEvent> candidates_of(std::string_view core_type, std::string_view core_id) {
  std::vector<ProfileEvent> events;
  for (const Rule& rule : kRules) {
    if (rule.core != core_type) continue;
    events.push_back({std::string(core_id), rule.last});
    if (!rule.first.empty()) events.push_back({std::string(core_id) + kFirst, rule.first});
  }
  return events;
}

std::string core_event_id(std::string_view id) {
  if (event_place(id) || !id.ends_with(kFirst)) return std::string(id);
  return std::string(id.substr(0, id.size() - 1));
}

bool fits(std::string_view pattern, std::string_view type) {
  if (pattern == "*") return true;
  if (!pattern.ends_with(".*")) return pattern == type;
  return type.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool is_event_type(std::string_view type) {
  return !type.empty() && std::ranges::any_of(kRules, [&](const Rule& rule) {
    return fits(type, rule.last) || fits(type, rule.first);
  });
}

std::vector<std::string> core_types_of(std::string_view type) {
  std::vector<std::string> types;
  for (const Rule& rule : kRules) {
    if (!fits(type, rule.last) && !fits(type, rule.first)) continue;
    if (std::ranges::find(types, rule.core) == types.end()) types.emplace_back(rule.core);
  }
  return types;
}

base::Status write_event(Writer& out, const ProfileEvent& event, const Told& told, Reads& reads,
                         bool live, std::int64_t pending_webhooks) {
  const Scene scene{&reads, live};
  const std::string& part = told.event.part;
  ASHLAR_ASSIGN(
      const std::string object,
      object_of(event.type, {told.payment, told.customer, told.method, told.payout}, part, scene));
  if (object.empty()) {
    return base::fail(base::Code::kInternal, "event_without_object", "event " + told.id);
  }
  out.begin_object().key("id").string(event.id).key("object").string("event");
  out.key("api_version").string(kApiVersion);
  write_time(out, "created", told.at);
  out.key("data").begin_object().key("object").raw(object);
  if (tells_what_changed(event.type)) {
    ASHLAR_ASSIGN(const std::string before, object_of(event.type,
                                                      {told.payment_before, told.customer_before,
                                                       told.method_before, told.payout_before},
                                                      part, scene));
    if (!before.empty()) {
      ASHLAR_ASSIGN(const std::string members, changed(before, object));
      out.key("previous_attributes").raw(members);
    }
  }
  out.end_object().key("livemode").boolean(live);
  out.key("pending_webhooks").integer(pending_webhooks);
  out.key("request").begin_object();
  write_text(out, "id", told.request_id);
  write_text(out, "idempotency_key", told.key);
  out.end_object().key("type").string(event.type).end_object();
  return base::ok_status();
}

}  // namespace ashlar::payments::profile

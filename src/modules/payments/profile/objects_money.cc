// What moves money back and forth, and what the balance makes of it.
#include <algorithm>
#include <array>

#include "modules/payments/ids.h"
#include "modules/payments/profile/object_parts.h"
#include "modules/payments/providers/card_tokens.h"
#include "platform/json/writer.h"

namespace ashlar::payments::profile {
namespace {

using json::Writer;

std::string_view status_of(RefundState state) {
  switch (state) {
    case RefundState::kOpen:
    case RefundState::kUnknown:
    case RefundState::kPending:
      return "pending";
    case RefundState::kSucceeded:
      return "succeeded";
    case RefundState::kFailed:
      return "failed";
    case RefundState::kCanceled:
      return "canceled";
  }
  return "pending";
}

std::string_view status_of(DisputeState state) {
  switch (state) {
    case DisputeState::kNeedsResponse:
      return "needs_response";
    case DisputeState::kUnderReview:
      return "under_review";
    case DisputeState::kWon:
      return "won";
    case DisputeState::kLost:
      return "lost";
  }
  return "needs_response";
}

base::Status write_payment_of(Writer& out, const Payment& payment, std::string_view charge,
                              const Scene& scene, const Expand& expand) {
  out.key("charge");
  const Attempt* attempt = payment.attempt(charge);
  const Expand* inner = expand.find("charge");
  if (inner != nullptr && attempt != nullptr) {
    ASHLAR_TRY(write_charge(out, payment, *attempt, scene, *inner));
  } else {
    write_text(out, charge);
  }
  out.key("payment_intent");
  inner = expand.find("payment_intent");
  if (inner != nullptr) return write_payment_intent(out, payment, scene, *inner);
  out.string(intent_id(payment.id));
  return base::ok_status();
}

// All that this API's disputes can hold, whether it is there or not.
constexpr std::array<std::string_view, 26> kEvidence{"access_activity_log",
                                                     "billing_address",
                                                     "cancellation_policy",
                                                     "cancellation_policy_disclosure",
                                                     "cancellation_rebuttal",
                                                     "customer_communication",
                                                     "customer_email_address",
                                                     "customer_name",
                                                     "customer_purchase_ip",
                                                     "customer_signature",
                                                     "duplicate_charge_documentation",
                                                     "duplicate_charge_explanation",
                                                     "duplicate_charge_id",
                                                     "product_description",
                                                     "receipt",
                                                     "refund_policy",
                                                     "refund_policy_disclosure",
                                                     "refund_refusal_explanation",
                                                     "service_date",
                                                     "service_documentation",
                                                     "shipping_address",
                                                     "shipping_carrier",
                                                     "shipping_date",
                                                     "shipping_documentation",
                                                     "shipping_tracking_number",
                                                     "uncategorized_text"};

void write_evidence(Writer& out, const Dispute& dispute, bool over) {
  out.key("evidence").begin_object();
  for (const std::string_view name : kEvidence) {
    const auto found =
        std::ranges::find(dispute.evidence, name, &std::pair<std::string, std::string>::first);
    write_text(out, name, found == dispute.evidence.end() ? "" : found->second);
  }
  out.end_object().key("evidence_details").begin_object();
  write_time(out, "due_by", dispute.due_by);
  out.key("enhanced_eligibility").begin_object().end_object();
  out.key("has_evidence").boolean(!dispute.evidence.empty());
  out.key("past_due").boolean(over && dispute.expired);
  out.key("submission_count").integer(dispute.submissions).end_object();
}

base::Status write_entries_of(Writer& out, const Payment& payment, const Dispute& dispute,
                              const Scene& scene) {
  out.key("balance_transactions").begin_array();
  for (const char kind : {'d', 'w'}) {
    if (scene.reads == nullptr || (kind == 'w' && dispute.state != DisputeState::kWon)) break;
    const base::Result<Entry> entry = scene.reads->entry(entry_id(dispute.id, kind));
    if (!entry.ok() && entry.error().code == base::Code::kNotFound) continue;
    if (!entry.ok()) return entry.error();
    ASHLAR_TRY(write_balance_transaction(out, *entry, &payment, scene, Expand::none()));
  }
  out.end_array();
  return base::ok_status();
}

struct EntryNames {
  std::string_view type, category, description;
};
EntryNames names_of(EntryKind kind) {
  switch (kind) {
    case EntryKind::kCapture:
      return {"charge", "charge", ""};
    case EntryKind::kRefund:
      return {"refund", "refund", "Refund of a charge"};
    case EntryKind::kRefundFailed:
      return {"refund_failure", "refund_failure", "A refund that failed"};
    case EntryKind::kDispute:
      return {"adjustment", "dispute", "Chargeback withdrawal"};
    case EntryKind::kDisputeWon:
      return {"adjustment", "dispute_reversal", "Chargeback reversal"};
    case EntryKind::kPayout:
      return {"payout", "payout", "Payout"};
    case EntryKind::kPayoutFailed:
      return {"payout_failure", "payout_failure", "A payout that failed"};
  }
  return {"adjustment", "other_adjustment", ""};
}

// Captures are charges here: a part of one is told by its charge.
base::Status write_source(Writer& out, const Entry& entry, const Payment* payment,
                          const Scene& scene, const Expand* expand) {
  out.key("source");
  if (payment == nullptr) {
    out.string(entry.source);
    return base::ok_status();
  }
  if (const CapturePart* capture = payment->capture_part(entry.source)) {
    const Attempt* charge = payment->attempt(capture->attempt);
    if (expand != nullptr && charge != nullptr) {
      return write_charge(out, *payment, *charge, scene, *expand);
    }
    out.string(capture->attempt);
    return base::ok_status();
  }
  const Refund* refund = payment->refund(entry.source);
  if (expand != nullptr && refund != nullptr) {
    return write_refund(out, *payment, *refund, scene, *expand);
  }
  const Dispute* dispute = payment->dispute(entry.source);
  // Its entries are a part of it: each within the other would have no end.
  if (expand != nullptr && dispute != nullptr) {
    return write_dispute(out, *payment, *dispute, {nullptr, scene.live}, Expand::none());
  }
  out.string(entry.source);
  return base::ok_status();
}

}  // namespace

base::Status write_refund(Writer& out, const Payment& payment, const Refund& refund,
                          const Scene& scene, const Expand& expand) {
  out.begin_object().key("id").string(refund.id).key("object").string("refund");
  out.key("amount").integer(refund.amount).key("balance_transaction");
  const bool moved =
      refund.state == RefundState::kSucceeded || refund.state == RefundState::kFailed;
  if (moved && !refund.reference.empty()) {
    ASHLAR_TRY(write_entry_of(out, entry_id(refund.id, 'r'), payment, scene,
                              expand.find("balance_transaction")));
  } else {
    out.null();
  }
  write_time(out, "created", refund.at);
  out.key("currency").string(payment.currency);
  out.key("destination_details").begin_object().key("card").begin_object();
  write_text(out, "reference", refund.reference);
  out.key("type").string("refund").end_object().key("type").string("card").end_object();
  if (refund.state == RefundState::kFailed) {
    out.key("failure_reason").string(refund.failure.empty() ? "unknown" : refund.failure);
  }
  write_pairs(out, "metadata", refund.metadata);
  ASHLAR_TRY(write_payment_of(out, payment, refund.attempt, scene, expand));
  write_text(out, "reason", refund.reason);
  write_nulls(out, {"receipt_number", "source_transfer_reversal"});
  out.key("status").string(status_of(refund.state));
  write_nulls(out, {"transfer_reversal"});
  out.end_object();
  return base::ok_status();
}

base::Status write_dispute(Writer& out, const Payment& payment, const Dispute& dispute,
                           const Scene& scene, const Expand& expand) {
  const bool over = dispute.state == DisputeState::kWon || dispute.state == DisputeState::kLost;
  const Attempt* attempt = payment.attempt(dispute.attempt);
  out.begin_object().key("id").string(dispute.id).key("object").string("dispute");
  out.key("amount").integer(dispute.amount);
  ASHLAR_TRY(write_entries_of(out, payment, dispute, scene));
  write_time(out, "created", dispute.at);
  out.key("currency").string(payment.currency);
  out.key("enhanced_eligibility_types").begin_array().end_array();
  write_evidence(out, dispute, over);
  out.key("is_charge_refundable").boolean(false);
  out.key("livemode").boolean(scene.live);
  write_pairs(out, "metadata", dispute.metadata);
  out.key("payment_method_details").begin_object().key("card").begin_object();
  write_text(out, "brand", attempt == nullptr ? "" : attempt->network);
  out.key("case_type").string("chargeback");
  write_nulls(out, {"network_reason_code"});
  out.end_object().key("type").string("card").end_object();
  ASHLAR_TRY(write_payment_of(out, payment, dispute.attempt, scene, expand));
  out.key("reason").string(dispute.reason.empty() ? "general" : dispute.reason);
  out.key("status").string(status_of(dispute.state)).end_object();
  return base::ok_status();
}

base::Status write_balance_transaction(Writer& out, const Entry& entry, const Payment* payment,
                                       const Scene& scene, const Expand& expand) {
  const EntryNames names = names_of(entry.kind);
  out.begin_object().key("id").string(entry.id).key("object").string("balance_transaction");
  out.key("amount").integer(entry.amount);
  write_time(out, "available_on", entry.available_on);
  out.key("balance_type").string("payments");
  write_time(out, "created", entry.at);
  out.key("currency").string(entry.currency);
  const bool charge = entry.kind == EntryKind::kCapture && payment != nullptr;
  write_text(out, "description",
             charge ? std::string_view(payment->description) : names.description);
  write_nulls(out, {"exchange_rate"});
  out.key("fee").integer(entry.fee).key("fee_details").begin_array();
  if (entry.fee != 0) {
    out.begin_object().key("amount").integer(entry.fee);
    write_nulls(out, {"application"});
    out.key("currency").string(entry.currency).key("description");
    out.string("Fee of " + entry.provider)
        .key("type")
        .string("payment_method_passthrough_fee")
        .end_object();
  }
  out.end_array().key("net").integer(entry.net());
  out.key("reporting_category").string(names.category);
  ASHLAR_TRY(write_source(out, entry, payment, scene, expand.find("source")));
  out.key("status").string(entry.settled ? "available" : "pending");
  out.key("type").string(names.type).end_object();
  return base::ok_status();
}

void write_payout(Writer& out, const Payout& payout, const Scene& scene) {
  std::string_view status = name_of(payout.state);
  if (payout.state == PayoutState::kOpen || payout.state == PayoutState::kUnknown) {
    status = "pending";
  }
  out.begin_object().key("id").string(payout.id).key("object").string("payout");
  out.key("amount").integer(payout.amount);
  write_time(out, "created", payout.created_at);
  out.key("currency").string(payout.currency);
  write_text(out, "destination", payout.destination);
  write_text(out, "failure_code", payout.failure);
  out.key("livemode").boolean(scene.live);
  write_pairs(out, "metadata", payout.metadata);
  write_text(out, "statement_descriptor", payout.descriptor);
  out.key("status").string(status).key("type").string("bank_account").end_object();
}

void write_balance(Writer& out, const std::vector<CurrencyBalance>& balance, const Scene& scene) {
  out.begin_object().key("object").string("balance");
  const auto write_all = [&](std::string_view key, Money CurrencyBalance::* amount) {
    out.key(key).begin_array();
    for (const CurrencyBalance& one : balance) {
      out.begin_object().key("amount").integer(one.*amount);
      out.key("currency").string(one.currency).key("source_types").begin_object();
      out.key("card").integer(one.*amount).end_object().end_object();
    }
    out.end_array();
  };
  write_all("available", &CurrencyBalance::available);
  out.key("livemode").boolean(scene.live);
  write_all("pending", &CurrencyBalance::pending);
  out.end_object();
}

void write_deleted(Writer& out, std::string_view object, std::string_view id) {
  out.begin_object().key("id").string(id).key("object").string(object);
  out.key("deleted").boolean(true).end_object();
}

std::span<const std::string_view> evidence_names() { return kEvidence; }

Method method_of_token(std::string_view token) {
  Method method;
  method.id = method.token = std::string(token);
  if (const CardToken* card = find_card(token)) {
    const CardFace face = face_of(*card);
    method.network = face.network;
    method.last4 = face.last4;
    method.exp_month = face.exp_month;
    method.exp_year = face.exp_year;
  }
  return method;
}

}  // namespace ashlar::payments::profile

#include "modules/payments/providers/card_api_notice.h"

#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "modules/payments/providers/card_api_calls.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"

namespace ashlar::payments {
namespace {

using json::Value;

base::Error malformed(const std::string& why) {
  return base::fail(base::Code::kInvalid, "notice_malformed", "The webhook cannot be read: " + why);
}

// Seconds since 1970; years 1970 to 9999, so that it can be written again.
std::optional<base::Time> time_of(const Value& object, std::string_view name) {
  constexpr std::int64_t kLast = 253'402'300'799;
  const Value* found = object.find(name);
  if (found == nullptr || found->if_integer() == nullptr) return std::nullopt;
  const std::int64_t seconds = *found->if_integer();
  if (seconds < 0 || seconds > kLast) return std::nullopt;
  return base::Time{base::Seconds{seconds}};
}

std::string mark(const Value& object, std::string_view name) {
  const Value* metadata = object.find("metadata");
  return metadata == nullptr ? std::string() : std::string(text_of(*metadata, name));
}

base::TenantId tenant_of(const Value& object) {
  const std::string text = mark(object, "ashlar_tenant");
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole && number > 0 ? base::TenantId(number) : base::TenantId();
}

using Found = std::optional<ProviderNotice>;

ProviderNotice about(NoticeKind kind, const Value& object, std::string_view amount) {
  ProviderNotice notice;
  notice.kind = kind;
  notice.key = mark(object, "ashlar_key");
  notice.reference = text_of(object, "id");
  notice.amount = number_of(object, amount);
  notice.currency = text_of(object, "currency");
  return notice;
}

Found of_intent(std::string_view what, const Value& intent) {
  if (what == "amount_capturable_updated") {
    if (text_of(intent, "status") != "requires_capture") return std::nullopt;
    return about(NoticeKind::kAuthorized, intent, "amount_capturable");
  }
  if (what == "succeeded") {
    ProviderNotice notice = about(NoticeKind::kCaptured, intent, "amount_received");
    notice.about = std::exchange(notice.reference, std::string(id_of(intent, "latest_charge")));
    const std::string capture = mark(intent, "ashlar_capture");
    if (!capture.empty()) notice.key = capture;
    return notice;
  }
  if (what == "payment_failed") {
    ProviderNotice notice = about(NoticeKind::kDeclined, intent, "amount");
    if (const Value* error = intent.find("last_payment_error")) {
      notice.reason = text_of(*error, "decline_code");
      if (notice.reason.empty()) notice.reason = text_of(*error, "code");
    }
    return notice;
  }
  if (what != "canceled") return std::nullopt;
  ProviderNotice notice = about(NoticeKind::kCanceled, intent, "amount");
  notice.reason = text_of(intent, "cancellation_reason");
  if (notice.reason == "automatic") notice.reason = "expired";
  return notice;
}

Found of_refund(const Value& refund) {
  const std::string_view status = text_of(refund, "status");
  const bool failed = status == "failed" || status == "canceled";
  if (!failed && status != "succeeded") return std::nullopt;
  ProviderNotice notice =
      about(failed ? NoticeKind::kRefundFailed : NoticeKind::kRefunded, refund, "amount");
  notice.about = id_of(refund, "payment_intent");
  notice.reason = text_of(refund, "failure_reason");
  return notice;
}

Found of_dispute(std::string_view what, const Value& dispute) {
  const std::string_view status = text_of(dispute, "status");
  if (status.starts_with("warning_")) return std::nullopt;
  NoticeKind kind = NoticeKind::kDisputeOpened;
  if (what == "updated") {
    kind = NoticeKind::kDisputeUpdated;
  } else if (what == "closed") {
    if (status != "won" && status != "lost") return std::nullopt;
    kind = status == "won" ? NoticeKind::kDisputeWon : NoticeKind::kDisputeLost;
  } else if (what != "created") {
    return std::nullopt;
  }
  ProviderNotice notice = about(kind, dispute, "amount");
  notice.key.clear();
  notice.about = id_of(dispute, "payment_intent");
  notice.reason = text_of(dispute, "reason");
  if (const Value* details = dispute.find("evidence_details")) {
    notice.due_by = time_of(*details, "due_by");
  }
  // What it took off is in its entries: the first is the withdrawal, the second what came back.
  const Value* entries = dispute.find("balance_transactions");
  if (entries != nullptr && entries->if_array() != nullptr && !entries->if_array()->empty()) {
    const std::int64_t fee = number_of(entries->if_array()->back(), "fee");
    notice.fee = fee == INT64_MIN ? 0 : fee < 0 ? -fee : fee;
  }
  return notice;
}

Found notice_of(std::string_view type, const Value& object) {
  const auto after = [&](std::string_view prefix) { return type.substr(prefix.size()); };
  if (type.starts_with("payment_intent.")) return of_intent(after("payment_intent."), object);
  if (type.starts_with("charge.dispute.")) return of_dispute(after("charge.dispute."), object);
  if (type.starts_with("refund.") || type == "charge.refund.updated") return of_refund(object);
  if (type == "payout.paid") return about(NoticeKind::kPaidOut, object, "amount");
  if (type != "payout.failed") return std::nullopt;
  ProviderNotice notice = about(NoticeKind::kPayoutFailed, object, "amount");
  notice.reason = text_of(object, "failure_code");
  return notice;
}

}  // namespace

base::Result<std::vector<ProviderNotice>> read_card_api_event(std::string_view body) {
  if (body.size() > kMaxEventBytes) return malformed("it is larger than 1 MiB");
  const auto event = json::parse(body);
  if (!event.ok()) return malformed(event.error().detail);
  const std::string_view id = text_of(*event, "id");
  const std::string_view type = text_of(*event, "type");
  const Value* data = event->find("data");
  const Value* object = data == nullptr ? nullptr : data->find("object");
  const auto at = time_of(*event, "created");
  if (id.empty() || type.empty() || object == nullptr || object->if_object() == nullptr || !at) {
    return malformed("it is no event");
  }
  Found notice = notice_of(type, *object);
  if (!notice) return std::vector<ProviderNotice>{};
  if (notice->reference.empty()) return malformed("its object has no id");
  if (notice->amount < 0) return malformed("its amount is negative");
  notice->id = id;
  notice->at = *at;
  notice->tenant = tenant_of(*object);
  return std::vector<ProviderNotice>{*std::move(notice)};
}

}  // namespace ashlar::payments

#include "modules/payments/providers/provider.h"

#include <array>

#include "base/text.h"

namespace ashlar::payments {
namespace {

constexpr std::array<std::string_view, kProviderOps> kOps{
    "authorize", "capture", "cancel", "refund", "payout", "evidence", "close_dispute"};
constexpr std::array<std::string_view, kProviderEnds> kEnds{"applied", "declined", "needs_action",
                                                            "pending", "not_done", "unknown"};
constexpr std::array<std::string_view, kNoticeKinds> kNotices{
    "authorized",  "captured",      "declined",       "canceled",
    "refunded",    "refund_failed", "dispute_opened", "dispute_updated",
    "dispute_won", "dispute_lost",  "paid_out",       "payout_failed"};

template <class E, std::size_t N>
std::optional<E> found_in(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == text) return static_cast<E>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_text(ProviderOp op) { return kOps[static_cast<std::size_t>(op)]; }
std::string_view to_text(ProviderEnd end) { return kEnds[static_cast<std::size_t>(end)]; }
std::string_view to_text(NoticeKind kind) { return kNotices[static_cast<std::size_t>(kind)]; }

std::optional<ProviderOp> provider_op_of(std::string_view text) {
  return found_in<ProviderOp>(kOps, text);
}
std::optional<ProviderEnd> provider_end_of(std::string_view text) {
  return found_in<ProviderEnd>(kEnds, text);
}
std::optional<NoticeKind> notice_kind_of(std::string_view text) {
  return found_in<NoticeKind>(kNotices, text);
}

std::string_view header_of(const Provider::Headers& headers, std::string_view lower_name) {
  for (const auto& [name, value] : headers) {
    if (base::ascii_lower(name) == lower_name) return value;
  }
  return {};
}

}  // namespace ashlar::payments

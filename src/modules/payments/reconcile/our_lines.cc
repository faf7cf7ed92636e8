#include "modules/payments/reconcile/our_lines.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "modules/payments/reads.h"

namespace ashlar::payments::reconcile {
namespace {

constexpr std::int64_t kPage = 1'000;

LineKind kind_of_entry(EntryKind kind) {
  switch (kind) {
    case EntryKind::kCapture:
      return LineKind::kCapture;
    case EntryKind::kRefund:
      return LineKind::kRefund;
    case EntryKind::kRefundFailed:
      return LineKind::kRefundFailure;
    case EntryKind::kDispute:
      return LineKind::kDispute;
    case EntryKind::kDisputeWon:
      return LineKind::kDisputeReversal;
    case EntryKind::kPayout:
      return LineKind::kPayout;
    case EntryKind::kPayoutFailed:
      break;
  }
  return LineKind::kPayoutFailure;
}

template <class Part>
const std::string* reference_in(const std::vector<Part>& parts, const std::string& id) {
  const auto part = std::ranges::find(parts, id, &Part::id);
  return part == parts.end() ? nullptr : &part->reference;
}

// The provider's references of what entries are of.
class References {
 public:
  explicit References(Reads& reads) : reads_(reads) {}

  base::Result<std::string> of(const Entry& entry) {
    if (entry.kind == EntryKind::kPayout || entry.kind == EntryKind::kPayoutFailed) {
      ASHLAR_ASSIGN(const Payout payout, reads_.payout(entry.source));
      return payout.reference;
    }
    ASHLAR_ASSIGN(const Payment* payment, payment_of_entry(entry));
    for (const std::string* reference : {reference_in(payment->captures, entry.source),
                                         reference_in(payment->refunds, entry.source),
                                         reference_in(payment->disputes, entry.source)}) {
      if (reference != nullptr) return *reference;
    }
    return std::string();
  }

 private:
  // Entries of a payment lie near each other in time: the last ones are kept.
  base::Result<const Payment*> payment_of_entry(const Entry& entry) {
    const auto known = payments_.find(entry.payment);
    if (known != payments_.end()) return &known->second;
    if (payments_.size() == kKept) payments_.clear();
    ASHLAR_ASSIGN(Payment payment, reads_.payment(entry.payment));
    return &payments_.emplace(entry.payment, std::move(payment)).first->second;
  }

  static constexpr std::size_t kKept = 1'000;
  Reads& reads_;
  std::map<std::string, Payment> payments_;
};

base::Result<OurLine> line_of(const Entry& entry, References& references) {
  OurLine line;
  line.kind = kind_of_entry(entry.kind);
  ASHLAR_ASSIGN(line.reference, references.of(entry));
  line.payment = entry.payment;
  line.object = entry.source;
  line.entry = entry.id;
  line.amount = entry.amount;
  line.fee = entry.fee;
  line.currency = entry.currency;
  line.day = day_of(entry.at);
  return line;
}

}  // namespace

base::Result<std::vector<OurLine>> our_lines(storage::Transaction& tx, std::string_view provider,
                                             Day from, Day to) {
  Reads reads(tx);
  References references(reads);
  Window window;
  window.from = start_of(from);
  window.until = start_of(to + std::chrono::days{1});
  window.limit = kPage;
  std::vector<OurLine> lines;
  while (true) {
    ASHLAR_ASSIGN(const Listed<Entry> page, reads.entries(window));
    for (const Entry& entry : page.rows) {
      if (entry.provider != provider) continue;
      ASHLAR_ASSIGN(OurLine line, line_of(entry, references));
      lines.push_back(std::move(line));
    }
    if (lines.size() > kMaxOurLines) {
      return base::fail(base::Code::kConflict, "reconciliation_too_large",
                        "there are more than 200,000 movements in these days");
    }
    if (!page.has_more || page.rows.empty()) break;
    window.starting_after = page.rows.back().id;
  }
  std::ranges::reverse(lines);
  return lines;
}

}  // namespace ashlar::payments::reconcile

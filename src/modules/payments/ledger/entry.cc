#include "modules/payments/ledger/entry.h"

namespace ashlar::ledger {

// The sum of a side is at most kMaxAmount when it is booked, so neither sum overflows.
Amount amount_of(const Entry& entry) {
  Amount sum = 0;
  for (const Movement& leg : entry.legs) {
    if (leg.side != Side::kDebit) continue;
    switch (entry.kind) {
      case TransferKind::kPosted:
      case TransferKind::kPost:
        sum += leg.posted;
        break;
      case TransferKind::kPending:
        sum += leg.pending;
        break;
      case TransferKind::kVoid:
      case TransferKind::kExpire:
        sum -= leg.pending;
        break;
    }
  }
  return sum;
}

Amount Hold::left() const {
  Amount sum = 0;
  for (const Part& part : parts) {
    if (part.side == Side::kDebit) sum += part.left;
  }
  return sum;
}

}  // namespace ashlar::ledger

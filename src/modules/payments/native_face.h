// NativeFace: answers of the native API: JSON, and problem documents for what was declined.
//
//   201  made by this request, with Location     200  changed, done
//   202  under way with the provider: its answer is not known yet; the resource says `processing`,
//        `unknown` or `open`
//   204  deleted
//   402  payment_declined: a problem whose `decline_code` is the provider's, with the whole
//   payment.
//        Not a 200 with a state in it: a program that looks at the status alone must not take a
//        declined card for money.
//
// Pure; any thread.
#pragma once

#include "modules/payments/face.h"

namespace ashlar::payments {

class NativeFace final : public Face {
 public:
  [[nodiscard]] base::Result<Answered> render(const Asked& asked, const Rendered& what,
                                              Reads& reads) const override;
};

}  // namespace ashlar::payments

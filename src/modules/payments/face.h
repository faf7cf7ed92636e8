// Face: turns what has become of a request into the answer's bytes. There are two: the native API
// and the pinned card-API profile.
//
// Called inside the unit that commits the answer with its effect, so: quick, no locks, the same
// bytes for the same state. May run more than once.
#pragma once

#include "modules/payments/asks.h"

namespace ashlar::payments {

class Reads;

// What is to be rendered: the most particular that is set (a refund comes with its payment).
struct Rendered {
  const Payment* payment = nullptr;
  const Refund* refund = nullptr;
  const Dispute* dispute = nullptr;
  const Attempt* charge = nullptr;
  const Customer* customer = nullptr;
  const Method* method = nullptr;
  const Payout* payout = nullptr;
  bool created = false;  // by this request: 201 for those who say so
  bool deleted = false;
  // What was asked is still under way with the provider: its outcome is not known yet.
  bool pending = false;
  // The attempt of this request was declined: an answer that is stored like any other (402). With
  // its payment.
  const Attempt* declined = nullptr;
};

class Face {
 public:
  virtual ~Face() = default;
  // `reads` sees what this request has changed.
  [[nodiscard]] virtual base::Result<Answered> render(const Asked& asked, const Rendered& what,
                                                      Reads& reads) const = 0;
};

}  // namespace ashlar::payments

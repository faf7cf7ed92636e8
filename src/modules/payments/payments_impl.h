// What Payments is made of; for its own files (payments*.cc).
#pragma once

#include "modules/payments/desk.h"
#include "modules/payments/payments.h"

namespace ashlar::payments {

struct Payments::Impl {
  Desk desk;
};

}  // namespace ashlar::payments

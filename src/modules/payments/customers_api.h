// CustomersApi: the native HTTP face of customers, payment methods and payouts. As payments_api.h.
#pragma once

#include "modules/payments/payments_api.h"

namespace ashlar::payments {

class CustomersApi {
 public:
  // Both outlive it.
  CustomersApi(PaymentsModule& module, const http::CursorCodec& cursors)
      : module_(module), cursors_(cursors) {}

  base::Status create_customer(http::Call& call, Late late) const;
  base::Status update_customer(http::Call& call, Late late) const;
  base::Status delete_customer(http::Call& call, Late late) const;
  [[nodiscard]] base::Result<http::Response> get_customer(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> list_customers(http::Call& call) const;

  base::Status create_method(http::Call& call, Late late) const;
  base::Status update_method(http::Call& call, Late late) const;
  base::Status attach_method(http::Call& call, Late late) const;
  base::Status detach_method(http::Call& call, Late late) const;
  [[nodiscard]] base::Result<http::Response> get_method(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> list_methods(http::Call& call) const;

  base::Status create_payout(http::Call& call, Late late) const;
  [[nodiscard]] base::Result<http::Response> get_payout(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> list_payouts(http::Call& call) const;

 private:
  PaymentsModule& module_;
  const http::CursorCodec& cursors_;
};

}  // namespace ashlar::payments

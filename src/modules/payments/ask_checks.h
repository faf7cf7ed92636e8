// AskChecks: what is refused before anything is looked up or stored (asks.h says what may be).
// Pure. Errors: kInvalid with the field: amount_invalid, currency_invalid, text_too_long,
// text_invalid, metadata_invalid, card_number_refused, method_required, id_malformed.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/payments/asks.h"

namespace ashlar::payments {

base::Status check_ask(const Asked& asked);
base::Status check_ask(const NewPayment& wanted);
base::Status check_ask(const Confirmation& how);
base::Status check_ask(const NewCapture& wanted);
base::Status check_ask(const PaymentChange& change);
base::Status check_ask(const ChargeChange& change);
base::Status check_ask(const NewRefund& wanted);
base::Status check_ask(const DisputeChange& change);
base::Status check_ask(const CustomerChange& change);
base::Status check_ask(const NewMethod& what);
base::Status check_ask(const MethodChange& change);
base::Status check_ask(const NewPayout& wanted);
base::Status check_reason(std::string_view reason);
base::Status check_metadata(std::string_view field, const Pairs& pairs);

// `kept` with what `change` sets; an empty value deletes its key. kInvalid metadata_invalid: more
// than kMaxPairs then.
base::Result<Pairs> merged(std::string_view field, const Pairs& kept, const Pairs& change);
inline constexpr std::size_t kMaxPairs = 50;

}  // namespace ashlar::payments

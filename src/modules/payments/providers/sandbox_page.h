// SandboxPage: what the sandbox shows the customer who has to confirm a payment: whoever tests
// plays the customer, and says yes or no. HTML without scripts. Pure.
#pragma once

#include <string>
#include <string_view>

#include "modules/payments/providers/sandbox.h"
#include "platform/http/response.h"

namespace ashlar::payments {

http::Response action_page(const Sandbox::Action& action);
// After the word, and where there is nothing to decide: `text` is ours.
http::Response action_end_page(int status, std::string_view text);

// "USD 9.00"; "JPY 900".
std::string shown_amount(std::int64_t amount, std::string_view currency);

}  // namespace ashlar::payments

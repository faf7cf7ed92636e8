// RetryAfter: how long an answer asks to be left alone (RFC 9110, 10.2.3). Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"
#include "platform/outbound/policy.h"

namespace ashlar::outbound {

inline constexpr base::Seconds kMaxRetryAfter{24 * 3600};  // who asks for more is not believed

// The field's value: whole seconds or an HTTP date; between 0 and kMaxRetryAfter. nullopt: neither.
std::optional<base::Seconds> parse_retry_after(std::string_view value, base::Time now);
// nullopt: it asks for nothing that can be read.
std::optional<base::Seconds> retry_after_of(const Answer& answer, base::Time now);

// Of an answer, its name in lower case; empty: none.
std::string_view header_of(const Answer& answer, std::string_view lower_name);

}  // namespace ashlar::outbound

// Currencies: the codes of ISO 4217 in which money is paid, and how many digits their minor units
// have. The one table of them; amounts are whole minor units everywhere, so whoever shows or reads
// one in decimals asks here.
//
// In it are the active codes of list one (as of 2026) but for those in which nobody pays: precious
// metals, bond units, drawing rights, funds codes (CLF, USN, UYI ...) and the one for tests. Digits
// are ISO's: MGA has two, UGX and ISK none, whatever single providers make of them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar::base {

// 0, 2 or 3; nullopt where the code is none. Either case: "jpy", "JPY".
std::optional<int> currency_digits(std::string_view code);

// Minor units as decimals: 1050 of "eur" or "EUR" is "10.50", and "10.50 EUR" as money. A unit that
// is no currency (a ledger's POINTS) has no digits behind the point: "1050 POINTS".
std::string format_amount(std::int64_t amount, std::string_view currency);
std::string format_money(std::int64_t amount, std::string_view currency);

}  // namespace ashlar::base

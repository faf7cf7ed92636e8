// What fields of one meaning have in common, whichever object they are in: rules for parsing, words
// for OpenAPI.
#pragma once

#include <cstddef>
#include <string_view>

#include "modules/payments/payment.h"
#include "platform/json/schema.h"

namespace ashlar::payments {

inline constexpr const char* kAmountDoc = "In minor units: 1050 is 10.50 in a currency with cents.";
inline constexpr const char* kCurrencyDoc = "ISO 4217, in either case.";
inline constexpr const char* kMetadataDoc =
    "Anything of yours: up to 50 texts of at most 500 characters, under names of at most 40.";
inline constexpr const char* kMergedDoc =
    "Merged with what is there; null or an empty text deletes.";
inline constexpr const char* kMetadataExample = R"({"order":"6735"})";

inline json::FieldRules amount_rules() {
  return {.doc = kAmountDoc, .min = 1, .max = kMaxMoney, .example = 1050};
}
inline json::FieldRules currency_rules() {
  return {.doc = kCurrencyDoc, .min_length = 3, .max_length = 3, .example = "EUR"};
}
inline json::FieldRules text_rules(std::string_view doc, std::size_t longest) {
  return {.doc = doc, .max_length = longest};
}
inline json::FieldRules metadata_rules() {
  return {.doc = kMetadataDoc, .example = kMetadataExample};
}

}  // namespace ashlar::payments

// Parts that the profile's objects are written of. For objects*.cc only.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "modules/payments/profile/objects.h"

namespace ashlar::payments::profile {

// Empty texts, unset times and zero numbers are null.
void write_text(json::Writer& out, std::string_view text);
void write_text(json::Writer& out, std::string_view key, std::string_view text);
void write_number(json::Writer& out, std::string_view key, std::int64_t number);
void write_time(json::Writer& out, std::string_view key, std::optional<base::Time> time);  // s
void write_nulls(json::Writer& out, std::initializer_list<std::string_view> keys);
void write_pairs(json::Writer& out, std::string_view key, const Pairs& pairs);
void write_billing_details(json::Writer& out);

// Values behind a key that has been written: the id, or with `expand` the whole.
base::Status write_customer_of(json::Writer& out, const std::string& id, const Scene& scene,
                               const Expand* expand);
base::Status write_method_of(json::Writer& out, const std::string& id, const Scene& scene,
                             const Expand& expand);
base::Status write_entry_of(json::Writer& out, const std::string& id, const Payment& payment,
                            const Scene& scene, const Expand* expand);

}  // namespace ashlar::payments::profile

// host_text: hosts as resolvers and browsers read them: IPv4 in decimal, octal, hexadecimal and
// short forms. One reading for all who judge or compare hosts. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::outbound {

inline constexpr std::size_t kMaxHostBytes = 253;

// At the dots, all of them.
std::vector<std::string_view> split_labels(std::string_view host);
// 1 to 63 letters, digits, '-' or '_'.
bool is_host_label(std::string_view label);
// Whether the whole host is taken for an IPv4 address because of this, its last label.
bool is_number_label(std::string_view label);
// inet_aton's reading, which is the URL standard's: the last part fills the bytes that the parts
// before it leave. nullopt: no address.
std::optional<std::uint32_t> read_v4(const std::vector<std::string_view>& labels);
// "192.0.2.1"
std::string v4_text(std::uint32_t address);

}  // namespace ashlar::outbound

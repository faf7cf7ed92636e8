#include "modules/links/testing/mmdb_writer.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "base/check.h"
#include "platform/http/ip_address.h"

namespace ashlar::links::testing {
namespace {

constexpr std::size_t kSeparatorBytes = 16;
constexpr int kV4Bits = 96;  // an IPv4 address lies at ::a.b.c.d

// Types of the data section; from 8 on they take a second byte.
constexpr int kText = 2;
constexpr int kUint16 = 5;
constexpr int kUint32 = 6;
constexpr int kMap = 7;
constexpr int kUint64 = 9;
constexpr int kArray = 11;

std::string head(int type, std::size_t size) {
  CHECK(size < 29);
  if (type < 8) return {static_cast<char>(type << 5 | static_cast<int>(size))};
  return {static_cast<char>(size), static_cast<char>(type - 7)};
}

std::string text(std::string_view of) { return head(kText, of.size()) + std::string(of); }

std::string number(int type, std::uint64_t value) {
  std::string bytes;
  for (; value != 0; value >>= 8U) bytes.insert(bytes.begin(), static_cast<char>(value & 0xffU));
  return head(type, bytes.size()) + bytes;
}

std::string place(const GeoNetwork& network) {
  std::string out = head(kMap, network.region.empty() ? 1 : 2);
  out += text("country") + head(kMap, 1) + text("iso_code") + text(network.country);
  if (network.region.empty()) return out;
  return out + text("subdivisions") + head(kArray, 1) + head(kMap, 1) + text("iso_code") +
         text(network.region);
}

std::string metadata(std::size_t nodes, std::uint32_t built_at_s) {
  return "\xab\xcd\xefMaxMind.com" + head(kMap, 9) + text("binary_format_major_version") +
         number(kUint16, 2) + text("binary_format_minor_version") + number(kUint16, 0) +
         text("build_epoch") + number(kUint64, built_at_s) + text("database_type") + text("Test") +
         text("description") + head(kMap, 0) + text("ip_version") + number(kUint16, 6) +
         text("languages") + head(kArray, 0) + text("node_count") + number(kUint32, nodes) +
         text("record_size") + number(kUint16, 24);
}

// A child is another node, a network, or nothing.
struct Node {
  std::array<std::size_t, 2> node{};  // 0, the root, is nobody's child: none
  std::array<std::optional<std::size_t>, 2> network{};
};

void add(std::vector<Node>& nodes, const GeoNetwork& network, std::size_t index) {
  std::optional<http::IpBlock> block = http::parse_ip_block(network.block);
  CHECK(block);
  if (block->base.is_v4()) std::fill_n(block->base.bytes.begin(), kV4Bits / 8, 0);
  std::size_t at = 0;
  for (int bit = 0; bit < block->prefix_bits; ++bit) {
    const auto byte = block->base.bytes.at(static_cast<std::size_t>(bit) / 8);
    const std::size_t side = byte >> (7U - static_cast<unsigned>(bit) % 8U) & 1U;
    if (bit + 1 == block->prefix_bits) {
      nodes[at].network.at(side) = index;
      return;
    }
    if (nodes[at].node.at(side) == 0) {
      nodes[at].node.at(side) = nodes.size();
      nodes.emplace_back();
    }
    at = nodes[at].node.at(side);
  }
}

}  // namespace

std::string mmdb_of(const std::vector<GeoNetwork>& networks, std::uint32_t built_at_s) {
  std::vector<Node> nodes(1);
  std::vector<std::size_t> offsets;
  std::string data;
  for (const GeoNetwork& network : networks) {
    add(nodes, network, offsets.size());
    offsets.push_back(data.size());
    data += place(network);
  }
  std::string out;
  for (const Node& node : nodes) {
    for (const std::size_t side : {0U, 1U}) {
      std::size_t value = nodes.size();  // nothing
      if (node.network.at(side)) {
        value = nodes.size() + kSeparatorBytes + offsets[*node.network.at(side)];
      } else if (node.node.at(side) != 0) {
        value = node.node.at(side);
      }
      for (const unsigned shift : {16U, 8U, 0U}) out += static_cast<char>(value >> shift & 0xffU);
    }
  }
  return out + std::string(kSeparatorBytes, '\0') + data + metadata(nodes.size(), built_at_s);
}

}  // namespace ashlar::links::testing

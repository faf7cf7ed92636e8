// The messages of envoy.service.ratelimit.v3 as the load generator sends and checks them: written
// by hand, so that a call costs the generator less than the servers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "kit/testing/zipf.h"

struct CallOptions {
  std::size_t descriptors = 1;
  std::uint64_t keys = 1;
  std::uint64_t rules = 0;
  std::string draw = "zipf";
  std::string domain = "bench";
  std::uint64_t seed = 1;
};

// The bytes of the next call: gRPC's five and envoy.service.ratelimit.v3.RateLimitRequest.
class RlsCalls {
 public:
  explicit RlsCalls(const CallOptions& options) : options_(options), random_(options.seed) {
    field(1, options.domain, head_);
    if (options.draw == "each") return;
    // Drawn beforehand: a draw costs as much as a decision.
    constexpr std::size_t kDraws = std::size_t{1} << 22;
    const ashlar::kit::Zipf zipf(options.keys);
    for (std::size_t i = 0; i < (options.keys == 1 ? 1 : kDraws); ++i) {
      const std::uint64_t key =
          options.draw == "zipf" ? zipf.draw(random_) - 1 : random_.below(options.keys);
      drawn_.push_back(static_cast<std::uint32_t>(key));
    }
  }

  void next(std::string& out) {
    out.assign(5, '\0');
    out += head_;
    for (std::size_t i = 0; i < options_.descriptors; ++i) {
      descriptor_.clear();
      if (options_.rules > 0) {
        entry("route", 'r', random_.below(options_.rules));
        entry("user", 'u', key());
      } else {
        const std::array<char, 2> name{'d', static_cast<char>('0' + i)};
        entry({name.data(), name.size()}, 'u', key());
      }
      field(2, descriptor_, out);
    }
    const auto size = static_cast<std::uint32_t>(out.size() - 5);
    for (std::size_t i = 0; i < 4; ++i) out[1 + i] = static_cast<char>(size >> (24 - 8 * i));
  }

 private:
  std::uint64_t key() {
    if (drawn_.empty()) return at_++ % options_.keys;
    at_ = at_ + 1 == drawn_.size() ? 0 : at_ + 1;
    return drawn_[at_];
  }

  static void field(int number, std::string_view value, std::string& out) {
    out += static_cast<char>(number << 3 | 2);
    std::size_t size = value.size();
    for (; size >= 0x80; size >>= 7) out += static_cast<char>(size | 0x80);
    out += static_cast<char>(size);
    out += value;
  }

  void entry(std::string_view name, char letter, std::uint64_t number) {
    entry_.clear();
    field(1, name, entry_);
    field(2, letter + std::to_string(number), entry_);
    field(1, entry_, descriptor_);
  }

  const CallOptions& options_;
  ashlar::base::Random random_;
  std::vector<std::uint32_t> drawn_;
  std::uint64_t at_ = 0;
  std::string head_;
  std::string descriptor_;
  std::string entry_;
};

// overall_code, and how many statuses a RateLimitResponse has; code -1: it is not one.
struct RlsAnswer {
  std::int64_t code = 0;
  std::size_t statuses = 0;

  explicit RlsAnswer(std::string_view bytes) {
    if (bytes.size() < 5 || bytes[0] != 0) {
      code = -1;
      return;
    }
    at_ = 5;
    while (code >= 0 && at_ < bytes.size()) {
      const std::uint64_t tag = varint(bytes);
      const std::uint64_t value = varint(bytes);
      if (tag == (1 << 3 | 0)) code = code < 0 ? code : static_cast<std::int64_t>(value);
      if ((tag & 7) == 2) {
        at_ += value;
        if (tag >> 3 == 2) ++statuses;
      } else if ((tag & 7) != 0) {
        code = -1;
      }
      if (at_ > bytes.size()) code = -1;
    }
  }

 private:
  std::uint64_t varint(std::string_view bytes) {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && at_ < bytes.size(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes[at_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    code = -1;
    return 0;
  }

  std::size_t at_ = 0;
};

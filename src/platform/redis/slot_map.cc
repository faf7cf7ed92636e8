#include "platform/redis/slot_map.h"

#include <charconv>

#include "platform/redis/key_slot.h"

namespace ashlar::redis {
namespace {

constexpr std::int64_t kMaxPort = 65'535;

base::Error not_understood() {
  return base::fail(base::Code::kUnavailable, "redis_unreachable",
                    "the map of the cluster is not understood");
}

template <class Number>
bool parse_whole(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

// One of "[first, last, [host, port, …], replicas…]".
std::optional<SlotRange> parse_range(const Reply& entry, std::string_view asked) {
  if (entry.size() < 3) return std::nullopt;
  Reply::Items items = entry.items();
  const std::int64_t first = items.take().integer();
  const std::int64_t last = items.take().integer();
  const Reply primary = items.take();
  if (first < 0 || first > last || last >= kSlots || primary.size() < 2) return std::nullopt;
  Reply::Items words = primary.items();
  std::string_view host = words.take().text();
  const std::int64_t port = words.take().integer();
  if (host.empty()) host = asked;
  if (port < 1 || port > kMaxPort) return std::nullopt;
  return SlotRange{static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last),
                   std::string(host), static_cast<std::uint16_t>(port)};
}

}  // namespace

base::Result<std::vector<SlotRange>> parse_slots(const Reply& reply, std::string_view asked) {
  if (reply.is_error()) {
    return base::fail(base::Code::kUnavailable, "redis_unreachable", std::string(reply.text()));
  }
  if (reply.kind() != ReplyKind::kList) return not_understood();
  std::vector<SlotRange> ranges;
  for (Reply::Items entries = reply.items(); !entries.done();) {
    auto range = parse_range(entries.take(), asked);
    if (!range || ranges.size() >= kSlots) return not_understood();
    if (range->host != "?") ranges.push_back(std::move(*range));  // a node that nobody knows
  }
  return ranges;
}

std::optional<Redirect> parse_redirect(std::string_view error, std::string_view asked) {
  Redirect out{};
  out.ask = error.starts_with("ASK ");
  if (!out.ask && !error.starts_with("MOVED ")) return std::nullopt;
  error.remove_prefix(error.find(' ') + 1);
  const std::size_t space = error.find(' ');
  const std::size_t colon = error.rfind(':');
  if (space == std::string_view::npos || colon == std::string_view::npos || colon < space) {
    return std::nullopt;
  }
  const std::string_view host = error.substr(space + 1, colon - space - 1);
  if (!parse_whole(error.substr(0, space), out.slot) || out.slot >= kSlots ||
      !parse_whole(error.substr(colon + 1), out.port) || out.port == 0) {
    return std::nullopt;
  }
  out.host = host.empty() ? asked : host;
  return out;
}

}  // namespace ashlar::redis

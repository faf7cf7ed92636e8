#include "modules/documents/document_attribution.h"

#include <algorithm>
#include <string_view>

#include "modules/documents/crdt/update.h"
#include "modules/documents/update_list.h"

namespace ashlar::documents {

void Attribution::add(const UpdateRow& row) {
  const std::size_t entry = entries_.size();
  entries_.push_back({row.author, row.at, row.seq});
  std::string_view list = row.bytes;
  std::string_view update;
  while (take_update(list, update)) {
    const auto meta = crdt::describe_update(update);
    if (!meta.ok()) continue;
    for (const auto& [client, to] : meta->to) bring(client, meta->from.at(client), to, entry);
  }
}

void Attribution::bring(crdt::ClientId client, crdt::Clock from, crdt::Clock to,
                        std::size_t entry) {
  std::vector<Span>& spans = clients_[client];
  const crdt::Clock known = spans.empty() ? 0 : spans.back().end;
  if (to <= known) return;
  if (from > known) spans.push_back({from, kOlder});
  if (!spans.empty() && spans.back().entry == entry) {
    spans.back().end = to;
  } else {
    spans.push_back({to, entry});
  }
}

std::vector<Attribution::Range> Attribution::attribute(
    const std::vector<crdt::Placed>& placed) const {
  std::vector<Range> ranges;
  for (const crdt::Placed& one : placed) {
    const auto client = clients_.find(one.id.client);
    if (client == clients_.end()) {
      append(ranges, one, one.index, one.length, std::nullopt, kOlder);
      continue;
    }
    const std::vector<Span>& spans = client->second;
    const auto owned = std::ranges::find_if(spans, [](const Span& s) { return s.entry != kOlder; });
    const std::string& owner = entries_[owned->entry].user;  // each client was brought by somebody
    crdt::Clock clock = one.id.clock;
    const crdt::Clock end = clock + one.length;
    auto span = std::ranges::upper_bound(spans, clock, {}, &Span::end);
    while (clock < end) {
      const bool last = span == spans.end();
      const crdt::Clock to = last ? end : std::min(end, span->end);
      const std::size_t entry = last ? kOlder : span->entry;
      append(ranges, one, one.index + (clock - one.id.clock), to - clock,
             entry == kOlder ? owner : entries_[entry].user, entry);
      clock = to;
      if (!last) ++span;
    }
  }
  return ranges;
}

void Attribution::append(std::vector<Range>& ranges, const crdt::Placed& at, std::uint64_t index,
                         std::uint64_t length, const std::optional<std::string>& user,
                         std::size_t entry) const {
  Range range{at.path, at.key, index, length, user, std::nullopt, std::nullopt};
  if (entry != kOlder) {
    range.at = entries_[entry].at;
    range.seq = entries_[entry].seq;
  }
  if (!ranges.empty() && !range.key) {
    Range& before = ranges.back();
    const bool together =
        before.at && range.at
            ? std::max(*before.at, *range.at) - std::min(*before.at, *range.at) <= kTogether
            : before.at == range.at;
    if (!before.key && before.path == range.path && before.user == range.user &&
        before.from + before.length == range.from && together) {
      before.length += range.length;
      before.at = std::max(before.at, range.at);
      before.seq = std::max(before.seq, range.seq);
      return;
    }
  }
  ranges.push_back(std::move(range));
}

}  // namespace ashlar::documents

// Documents: what the database's notices tell.
//
//   "u TENANT NAME\nSEQ"  some process, perhaps this one, wrote so much of it
//   "g TENANT NAME"       its grants have changed
//   "d TENANT NAME"       it was deleted
//   "t TENANT TOKEN"      a token was revoked
//   a resync              something may have been missed
#include <algorithm>
#include <charconv>
#include <utility>

#include "modules/documents/documents.h"

namespace ashlar::documents {
namespace {

using Concerns = std::function<bool(const Visitor&)>;
bool everybody(const Visitor& /*visitor*/) { return true; }

}  // namespace

std::string Documents::grants_changed(base::TenantId tenant, std::string_view name) {
  return "g " + key_of(tenant, name);
}
std::string Documents::document_deleted(base::TenantId tenant, std::string_view name) {
  return "d " + key_of(tenant, name);
}
std::string Documents::token_revoked(base::TenantId tenant, std::int64_t token) {
  return "t " + key_of(tenant, std::to_string(token));
}

void Documents::hear(const storage::Database::Notice& notice) {
  const bool any = notice.resync || notice.payload.size() < 3;
  const char kind = any ? '*' : notice.payload.front();
  if (kind == 'u') return hear_update(notice.payload.substr(2));
  std::string key(any ? std::string_view() : notice.payload.substr(2));
  if (kind == 'd' || kind == 'g') return hear_of_document(kind, std::move(key));
  hear_of_token(std::move(key));
}

void Documents::hear_update(std::string_view text) {
  const std::size_t end = text.rfind('\n');
  if (end == std::string_view::npos) return;
  Seq seq = 0;
  std::from_chars(text.data() + end + 1, text.data() + text.size(), seq);
  std::string key(text.substr(0, end));
  const std::size_t index = shard_of(key);
  loops_.loop(index).post([this, index, seq, key = std::move(key)] {
    auto& entries = shards_[index]->entries;
    const auto at = entries.find(key);
    if (at == entries.end()) return;
    const std::shared_ptr<LiveDocument> live = at->second.live;
    if (live) return live->hear_of(seq);
    at->second.heard = std::max(at->second.heard, seq);
  });
}

void Documents::hear_of_document(char kind, std::string key) {
  const std::size_t index = shard_of(key);
  loops_.loop(index).post([this, index, kind, key = std::move(key)] {
    auto& entries = shards_[index]->entries;
    const auto at = entries.find(key);
    if (at == entries.end()) return;
    const std::shared_ptr<LiveDocument> live = at->second.live;
    if (kind == 'g') {
      if (live) live->ask_again(everybody);  // who joins later is asked about then
      return;
    }
    if (!live) {
      at->second.deleted = true;
      return;
    }
    entries.erase(at);
    live->end_all(EndReason::kDeleted);
  });
}

// "": any; something may have been missed.
void Documents::hear_of_token(std::string key) {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    loops_.loop(i).post([this, i, key] {
      const auto bears = [&key](const Visitor& visitor) {
        return key_of(visitor.tenant, std::to_string(visitor.token)) == key;
      };
      std::vector<std::shared_ptr<LiveDocument>> all;
      for (auto& [name, entry] : shards_[i]->entries) {
        if (entry.live) all.push_back(entry.live);
        if (!entry.live && key.empty()) entry.heard = kAnySeq;
      }
      for (const auto& live : all) {
        live->ask_again(key.empty() ? Concerns(everybody) : Concerns(bears));
        if (key.empty()) live->hear_of(kAnySeq);
      }
    });
  }
}

}  // namespace ashlar::documents

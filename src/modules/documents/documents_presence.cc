// Documents: who is present, from instance to instance.
#include <string>
#include <utility>

#include "modules/documents/document_presence.h"
#include "modules/documents/documents.h"

namespace ashlar::documents {
namespace {

constexpr std::size_t kTold = 64u << 10;  // bytes of one tick of one loop, and one state more

}  // namespace

// Each in its turn, where there is more to tell than may be told at once.
void Documents::tell_others(Shard& shard, const std::vector<std::shared_ptr<LiveDocument>>& all) {
  if (!relay_ || all.empty() || !relay_->has_room()) return;
  std::string packet;
  std::size_t told = 0;
  for (; told < all.size() && packet.size() < kTold; ++told) {
    LiveDocument& live = *all[(shard.told + told) % all.size()];
    if (!live.presence().has_news()) continue;
    live.presence().take_news(key_of(live.row().tenant, live.row().name), kTold - packet.size(),
                              packet);
  }
  shard.told = (shard.told + told) % all.size();
  if (!packet.empty()) relay_->say(std::move(packet));
}

void Documents::hear_record(InstanceId from, const PresenceRecord& record) {
  const std::size_t index = shard_of(record.key);
  loops_.loop(index).post([this, index, from, kind = record.kind, key = std::string(record.key),
                           news = std::string(record.news)] {
    Shard& shard = *shards_[index];
    if (kind == PresenceKind::kAnswer) {
      auto answer = read_session_answer(news);
      if (answer && answer->to == self_) shard.inquiries.hear(from, *std::move(answer));
      return;
    }
    if (kind == PresenceKind::kAsk) {
      const auto question = read_session_question(news);
      if (question) answer_question(shard, from, key, *question);
      return;
    }
    const auto& entries = shard.entries;
    const auto at = entries.find(key);
    if (at == entries.end() || !at->second.live) return;
    at->second.live->hear_presence(from, {.kind = kind, .key = key, .news = news});
  });
}

void Documents::hear_gone(InstanceId instance) {
  for_each_live([instance](LiveDocument& live) { live.presence_gone(instance); });
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    loops_.loop(i).post([this, i, instance] { shards_[i]->inquiries.gone(instance); });
  }
}

void Documents::for_each_live(const std::function<void(LiveDocument&)>& run) {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    loops_.loop(i).post([this, i, run] {
      std::vector<std::shared_ptr<LiveDocument>> all;
      for (const auto& [key, entry] : shards_[i]->entries) {
        if (entry.live) all.push_back(entry.live);
      }
      for (const auto& live : all) run(*live);
    });
  }
}

}  // namespace ashlar::documents

#include "modules/links/url_hashes.h"

#include <utility>
#include <vector>

#include "modules/links/links_store.h"
#include "platform/storage/database.h"

namespace ashlar::links {

base::Result<std::int64_t> UrlHashes::run() {
  const auto context = storage::Context::platform(storage::PlatformUse::kMaintenance);
  std::int64_t all = 0;
  for (int i = 0; i < kMaxBatches; ++i) {
    ASHLAR_ASSIGN(const std::int64_t some,
                  db_.write(context, [&](storage::Transaction& tx) -> base::Result<std::int64_t> {
                    std::vector<std::pair<LinkId, std::int64_t>> hashes;
                    ASHLAR_TRY(store::list_unhashed(
                        tx, kBatch, [&](LinkId id, DomainId domain, std::string_view url) {
                          hashes.emplace_back(id, codes_.url_hash(domain.value, url));
                        }));
                    for (const auto& [id, hash] : hashes) ASHLAR_TRY(store::set_hash(tx, id, hash));
                    return static_cast<std::int64_t>(hashes.size());
                  }));
    all += some;
    if (some < kBatch) break;
  }
  return all;
}

}  // namespace ashlar::links

#include "modules/payments/hearing.h"

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace ashlar::payments {
namespace {

struct Pending {
  std::mutex mutex;  // guards what follows
  std::size_t left;
  std::optional<base::Error> error;
  std::function<void(base::Status)> done;
};

}  // namespace

void hear_all(const std::string& provider, std::vector<ProviderNotice> notices, const Hear& hear,
              std::function<void(base::Status)> done) {
  if (notices.empty()) return done(base::ok_status());
  const auto pending = std::make_shared<Pending>();
  pending->left = notices.size();
  pending->done = std::move(done);
  for (ProviderNotice& notice : notices) {
    hear(provider, std::move(notice), [pending](base::Status stored) {
      std::function<void(base::Status)> last;
      {
        const std::lock_guard lock(pending->mutex);
        if (!stored.ok() && !pending->error) pending->error = std::move(stored).error();
        if (--pending->left == 0) last = std::move(pending->done);
      }
      if (last) last(pending->error ? base::Status(*pending->error) : base::ok_status());
    });
  }
}

}  // namespace ashlar::payments

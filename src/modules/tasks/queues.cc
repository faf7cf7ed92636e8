#include "modules/tasks/queues.h"

#include <algorithm>
#include <map>
#include <utility>

#include "modules/tasks/task.h"
#include "platform/storage/database.h"

namespace ashlar::tasks {
namespace {

void add(QueueView& view, const jobs::QueueDepth& depth) {
  view.settings = depth.settings;
  view.ready += depth.ready;
  view.running += depth.running;
  view.scheduled += depth.scheduled;
  view.held += depth.held;
  view.dead += depth.dead;
  if (!depth.oldest_ready) return;
  view.oldest_ready =
      std::min(view.oldest_ready.value_or(*depth.oldest_ready), *depth.oldest_ready);
}

}  // namespace

base::Result<std::vector<QueueView>> Queues::list(storage::Transaction& tx) const {
  std::map<std::string, QueueView> found;
  for (const std::string_view kind : {kPullKind, kPushKind}) {
    ASHLAR_ASSIGN(const std::vector<jobs::QueueDepth> depths,
                  jobs_.depths(tx, tx.context().tenant_id(), kind));
    for (const jobs::QueueDepth& depth : depths) add(found[depth.queue], depth);
  }
  ASHLAR_ASSIGN(const std::vector<store::QueueLimits> limits, store::list_target_limits(tx));
  for (const store::QueueLimits& one : limits) found[one.queue].targets = one.limits;
  std::vector<QueueView> views;
  for (auto& [queue, view] : found) {
    view.queue = queue;
    views.push_back(std::move(view));
  }
  return views;
}

base::Result<QueueView> Queues::find(storage::Transaction& tx, std::string_view queue) const {
  ASHLAR_ASSIGN(std::vector<QueueView> all, list(tx));
  const auto found = std::ranges::find(all, queue, &QueueView::queue);
  if (found != all.end()) return std::move(*found);
  QueueView none;
  none.queue = queue;
  return none;
}

base::Status Queues::set(storage::Transaction& tx, std::string_view queue,
                         const jobs::QueueSettings& settings,
                         const store::TargetLimits& targets) const {
  const base::TenantId tenant = tx.context().tenant_id();
  for (const std::string_view kind : {kPullKind, kPushKind}) {
    ASHLAR_TRY(jobs_.set_queue(tx, tenant, kind, queue, settings));
  }
  ASHLAR_TRY(store::put_target_limits(tx, queue, targets));
  tx.notify(kQueuesChannel, tenant.to_string() + " " + std::string(queue));
  return base::ok_status();
}

}  // namespace ashlar::tasks

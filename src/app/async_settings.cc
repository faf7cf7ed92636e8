#include "app/async_settings.h"

#include "app/config.h"
#include "app/setting_kinds.h"

namespace ashlar::app {
namespace {

constexpr std::int64_t kYear = std::int64_t{366} * 24 * 3600;

}  // namespace

std::vector<Setting> async_settings() {
  return {
      number("jobs.keep_done_s", "How long tasks that are done or cancelled are kept.", 60, kYear,
             [](Config& c) -> auto& { return c.async.keep_done_s; }),
      number("jobs.keep_dead_s", "How long dead tasks are kept.", 60, kYear,
             [](Config& c) -> auto& { return c.async.keep_dead_s; }),
      number("events.keep_s", "How long events are kept once all consumers have had them.", 60,
             kYear, [](Config& c) -> auto& { return c.async.keep_events_s; }),
      flag("tasks.allow_private",
           "Push tasks may go to loopback and private networks: anybody with a key can reach them.",
           [](Config& c) -> auto& { return c.async.tasks_allow_private; }),
      flag("webhooks.allow_private",
           "Webhooks may go to loopback and private networks: anybody with a key can reach them.",
           [](Config& c) -> auto& { return c.async.webhooks_allow_private; }),
  };
}

}  // namespace ashlar::app

// AsyncConfig: the settings of what happens later: jobs, events, tasks, webhooks.
#pragma once

#include <cstdint>
#include <vector>

namespace ashlar::app {

struct Setting;

struct AsyncConfig {
  std::int64_t keep_done_s = 24 * 3600;
  std::int64_t keep_dead_s = 30 * 24 * 3600;
  std::int64_t keep_events_s = 7 * 24 * 3600;
  bool tasks_allow_private = false;
  bool webhooks_allow_private = false;
};

std::vector<Setting> async_settings();

}  // namespace ashlar::app

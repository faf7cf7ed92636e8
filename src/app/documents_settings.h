// DocumentsConfig: the settings of documents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ashlar::app {

struct Setting;

struct DocumentsConfig {
  std::size_t threads = 0;  // 0: as many as there are processors, at most 4
  std::size_t memory_mb = 512;
  std::size_t max_mb = 64;  // of one document, in memory
  std::int64_t max_per_tenant = 1'000'000;
  std::size_t max_sessions = 5'000;     // of one document
  std::int64_t user_visits = 10'000;
  std::int64_t tenant_visits = 100'000;
  std::int64_t document_stored_mb = 4'096;
  std::int64_t tenant_stored_mb = 0;
  std::size_t messages_per_s = 50'000;  // of one connection
  std::size_t mb_per_s = 64;
  std::int64_t pace_ms = 50;
  std::int64_t commit_pace_ms = 10;
  std::int64_t history_days = 30;
  std::int64_t deleted_days = 30;
};

std::vector<Setting> documents_settings();

}  // namespace ashlar::app

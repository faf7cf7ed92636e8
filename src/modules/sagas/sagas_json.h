// The JSON of sagas, declared once for rendering and OpenAPI.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/json/schema.h"
#include "platform/sagas/saga.h"

namespace ashlar::sagas {

struct SagaJson {
  SagaId id;
  std::string kind;
  std::string correlation;
  std::string state;
  bool compensating = false;
  std::optional<std::string> step;
  std::int64_t attempts = 0;
  std::optional<std::string> error;
  base::Time started_at{};
  base::Time updated_at{};
  std::optional<base::Time> next_attempt_at;
  std::optional<base::Time> deadline;
  std::optional<base::Time> ended_at;
};

struct SagaMoveJson {
  std::int64_t version = 0;
  base::Time at{};
  std::string event;
  std::optional<std::string> step;
  bool compensating = false;
  std::int64_t attempt = 0;
  std::string state;
  std::optional<std::string> error;
  std::optional<base::Time> next_attempt_at;
};

struct WholeSagaJson {
  SagaJson saga;
  json::Value::Object data;
  std::vector<SagaMoveJson> timeline;
};

SagaJson saga_json(const SagaView& saga);
SagaMoveJson move_json(const SagaMove& move);

const json::Schema<SagaJson>& saga_schema();
const json::Schema<json::Page<SagaJson>>& saga_page_schema();
const json::Schema<WholeSagaJson>& whole_saga_schema();

}  // namespace ashlar::sagas

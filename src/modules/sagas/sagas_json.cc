#include "modules/sagas/sagas_json.h"

namespace ashlar::sagas {
namespace {

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

const json::Choices kStates{"running", "compensating", "parked", "completed", "compensated"};

const json::Schema<SagaMoveJson>& move_schema() {
  static const auto kSchema =
      json::Schema<SagaMoveJson>("SagaMove", "One change of a saga's state.")
          .required("version", &SagaMoveJson::version, {.doc = "1, 2, …"})
          .required("at", &SagaMoveJson::at)
          .required("event", &SagaMoveJson::event,
                    {.doc = "What happened.",
                     .one_of = {"started", "done", "failed", "turned", "parked", "resumed",
                                "skipped", "overdue"}})
          .required("step", &SagaMoveJson::step, {.doc = "To which step."})
          .required("compensating", &SagaMoveJson::compensating,
                    {.doc = "To the step's compensation, not to its action."})
          .required("attempt", &SagaMoveJson::attempt,
                    {.doc = "Which one it was; 0 where nothing was attempted."})
          .required("state", &SagaMoveJson::state, {.doc = "After it.", .one_of = kStates})
          .required("error", &SagaMoveJson::error, {.doc = "Why, or who said so."})
          .required("next_attempt_at", &SagaMoveJson::next_attempt_at);
  return kSchema;
}

}  // namespace

SagaJson saga_json(const SagaView& saga) {
  return {.id = saga.id,
          .kind = saga.kind,
          .correlation = saga.correlation,
          .state = std::string(state_name(saga.state)),
          .compensating = saga.compensating,
          .step = unless_empty(saga.step),
          .attempts = saga.attempts,
          .error = unless_empty(saga.error),
          .started_at = saga.started_at,
          .updated_at = saga.updated_at,
          .next_attempt_at = saga.next_attempt_at,
          .deadline = saga.deadline,
          .ended_at = saga.ended_at};
}

SagaMoveJson move_json(const SagaMove& move) {
  return {.version = move.version,
          .at = move.at,
          .event = move.event,
          .step = unless_empty(move.step),
          .compensating = move.compensating,
          .attempt = move.attempt,
          .state = std::string(state_name(move.state)),
          .error = unless_empty(move.error),
          .next_attempt_at = move.next_attempt_at};
}

const json::Schema<SagaJson>& saga_schema() {
  static const auto kSchema =
      json::Schema<SagaJson>("Saga", "A change over several parties, driven to its end.")
          .required("id", &SagaJson::id)
          .required("kind", &SagaJson::kind, {.example = "checkout"})
          .required(
              "correlation", &SagaJson::correlation,
              {.doc = "What it is about; one saga of a kind for each.", .example = "order 17"})
          .required("state", &SagaJson::state, {.one_of = kStates})
          .required("compensating", &SagaJson::compensating,
                    {.doc = "It goes back, or stands still on the way back."})
          .required("step", &SagaJson::step, {.doc = "Under way, or parked at."})
          .required("attempts", &SagaJson::attempts, {.doc = "Failed ones of that step."})
          .required("error", &SagaJson::error,
                    {.doc = "The last one: what it turned back or was parked for."})
          .required("started_at", &SagaJson::started_at)
          .required("updated_at", &SagaJson::updated_at)
          .required("next_attempt_at", &SagaJson::next_attempt_at)
          .required("deadline", &SagaJson::deadline, {.doc = "Of the whole saga."})
          .required("ended_at", &SagaJson::ended_at);
  return kSchema;
}

const json::Schema<json::Page<SagaJson>>& saga_page_schema() {
  static const auto kSchema = json::page_schema(saga_schema());
  return kSchema;
}

const json::Schema<WholeSagaJson>& whole_saga_schema() {
  static const auto kSchema =
      json::Schema<WholeSagaJson>("WholeSaga", "A saga with its data and its timeline.")
          .required("saga", &WholeSagaJson::saga, saga_schema())
          .required("data", &WholeSagaJson::data,
                    {.doc = "What it was started with and its steps have added.",
                     .example = R"({"amount":1200})"})
          .required("timeline", &WholeSagaJson::timeline, move_schema(),
                    {.doc = "Oldest first, at most 500."});
  return kSchema;
}

}  // namespace ashlar::sagas

#include "modules/limits/throttle_session.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "modules/limits/batch.h"
#include "modules/limits/limit_state.h"
#include "modules/limits/throttle_auth.h"
#include "modules/limits/throttle_command.h"
#include "modules/limits/usage.h"
#include "platform/observability/metrics.h"

namespace ashlar::limits {

// One answer that is owed: a decision, or what came behind one and is ready before it.
struct ThrottleAnswer final : Batch {
  ThrottleSession* session = nullptr;  // null: it is gone, nobody is interested
  std::string key;
  RuleUsage* usage = nullptr;  // `keeps` keeps it
  base::Mono now{};            // limiter_now()
  std::string text;
  int version = 2;
  bool ready = false;

  void note() const {
    const Ask& ask = asks.front();
    if (usage == nullptr || ask.action != Action::kTake) return;
    usage->note(*ask.limit, outcomes.front(), key, now);
  }

  void on_decided() override {
    note();
    if (session == nullptr) {
      delete this;  // ~ThrottleSession has let it go
    } else {
      session->on_decided(*this);
    }
  }
};

namespace {

constexpr std::string_view kServerVersion = "7.0.0";  // whose commands these are

constexpr redis::CommandParser::Limits kInputLimits{.max_words = 32,
                                                    .max_word_bytes = 16 * 1024,
                                                    .max_line_bytes = 16 * 1024,
                                                    .max_command_bytes = 32 * 1024};
constexpr std::size_t kQuoted = 128;  // of what a client sent, in an error

obs::Counter& decisions(obs::Registry& metrics, std::string_view outcome) {
  return metrics.make_counter("ashlar_limits_throttle_total",
                              "CL.THROTTLE commands, by what was answered.",
                              {{"outcome", std::string(outcome)}});
}

bool is_unknown(const base::Error& error) {
  return error.code == base::Code::kUnauthenticated || error.code == base::Code::kForbidden;
}

}  // namespace

ThrottleService::ThrottleService(LimitState& counts, std::optional<base::TenantId> acts_as,
                                 ThrottleAuth* accounts, ThrottleLimits kept_limits,
                                 obs::Registry& metrics)
    : state(counts),
      owner(acts_as),
      auth(accounts),
      limits(std::move(kept_limits)),
      allowed(decisions(metrics, "allowed")),
      denied(decisions(metrics, "denied")),
      errors(decisions(metrics, "error")) {}

ThrottleSession::ThrottleSession(net::Stream& stream, ThrottleService& service)
    : stream_(stream),
      service_(service),
      id_(++service.last_id),
      parser_(kInputLimits),
      owner_(service.owner),
      self_(std::make_shared<ThrottleSession*>(this)) {}

ThrottleSession::~ThrottleSession() {
  *self_ = nullptr;
  for (std::unique_ptr<ThrottleAnswer>& answer : waiting_) {
    if (answer->ready) continue;
    answer->session = nullptr;
    static_cast<void>(answer.release());  // NOLINT(bugprone-unused-return-value): on_decided() does
  }
}

// --- In and out ----------------------------------------------------------------------------------

std::size_t ThrottleSession::on_input(std::string_view input, std::string& output) {
  output_ = &output;
  std::size_t taken = 0;
  if (!authenticating_ && !password_.empty() && stream_.loop().mono() >= recheck_at_) recheck();
  while (!finished_ && !authenticating_ && waiting_.size() < kMaxWaiting) {
    const auto step = parser_.parse(input.substr(taken));
    if (step == redis::CommandParser::Step::kWrong) {
      reply().error("ERR " + std::string(parser_.error()));
      finished_ = true;
      stream_.finish();
      break;
    }
    taken += parser_.consumed();
    if (step == redis::CommandParser::Step::kMore) break;
    run(parser_.words());
  }
  output_ = nullptr;
  return finished_ ? input.size() : taken;
}

redis::ReplyWriter ThrottleSession::reply() {
  if (waiting_.empty()) return {output_ != nullptr ? *output_ : stream_.output(), version_};
  auto answer = std::make_unique<ThrottleAnswer>();
  answer->ready = true;
  waiting_.push_back(std::move(answer));
  return {waiting_.back()->text, version_};
}

// Sends what is ready at the front.
void ThrottleSession::fill_output(std::string& output) {
  while (!waiting_.empty() && waiting_.front()->ready) {
    std::unique_ptr<ThrottleAnswer> answer = std::move(waiting_.front());
    waiting_.pop_front();
    output += answer->text;
    if (spare_.size() < kMaxWaiting) spare_.push_back(std::move(answer));
  }
}

void ThrottleSession::on_decided(ThrottleAnswer& answer) {
  answer.ready = true;
  answer.text.clear();
  write_decision(answer.text, answer);
  answer.keeps.reset();
  if (waiting_.front().get() != &answer) return;
  if (output_ != nullptr) {
    fill_output(*output_);
  } else {
    stream_.flush();
  }
}

void ThrottleSession::write_decision(std::string& out, const ThrottleAnswer& answer) const {
  const Outcome& outcome = answer.outcomes.front();
  (outcome.over() ? service_.denied : service_.allowed).add();
  redis::ReplyWriter writer(out, answer.version);
  writer.array(5);
  for (const std::int64_t number : throttle_answer(outcome.decision)) writer.integer(number);
}

// --- Commands ------------------------------------------------------------------------------------

const std::vector<ThrottleSession::Command>& ThrottleSession::commands() {
  constexpr std::size_t kMany = kInputLimits.max_words;
  static const std::vector<Command> table{
      {"CL.THROTTLE", 1, kMany, false, &ThrottleSession::throttle},
      {"PING", 1, 2, false, &ThrottleSession::ping},
      {"ECHO", 2, 2, false, &ThrottleSession::echo},
      {"HELLO", 1, kMany, true, &ThrottleSession::hello},
      {"AUTH", 2, 3, true, &ThrottleSession::auth},
      {"SELECT", 2, 2, false, &ThrottleSession::select},
      {"CLIENT", 2, kMany, false, &ThrottleSession::client},
      {"COMMAND", 1, kMany, false, &ThrottleSession::command},
      {"INFO", 1, kMany, false, &ThrottleSession::info},
      {"RESET", 1, 1, true, &ThrottleSession::reset},
      {"QUIT", 1, kMany, true, &ThrottleSession::quit},
  };
  return table;
}

void ThrottleSession::run(Words words) {
  const auto& table = commands();
  const auto found = std::ranges::find_if(
      table, [&](const Command& one) { return base::ascii_iequals(one.name, words.front()); });
  if (found == table.end()) {
    std::string text = "ERR unknown command '" + std::string(words.front().substr(0, kQuoted)) +
                       "', with args beginning with: ";
    for (const std::string_view word : words.subspan(1)) {
      if (text.size() > 2 * kQuoted) break;
      text += "'" + std::string(word.substr(0, kQuoted)) + "' ";
    }
    return reply().error(text);
  }
  if (words.size() < found->min_words || words.size() > found->max_words) {
    return reply().error("ERR wrong number of arguments for '" + base::ascii_lower(found->name) +
                         "' command");
  }
  if (!owner_ && !found->open) return reply().error("NOAUTH Authentication required.");
  (this->*found->run)(words);
}

void ThrottleSession::throttle(Words words) {
  const auto refuse = [this](std::string_view text) {
    service_.errors.add();
    reply().error(text);
  };
  const auto command = parse_throttle(words);
  if (!command.ok()) return refuse(command.error().detail);
  if (command->key.size() > kMaxKeyBytes) {
    return refuse("Cell error: A key has at most " + std::to_string(kMaxKeyBytes) + " bytes");
  }
  auto found = service_.limits.find(*owner_, command->rate);
  if (!found.ok()) return refuse(found.error().detail);
  const std::shared_ptr<const ThrottleLimit> limit = std::move(found).value();

  std::unique_ptr<ThrottleAnswer> answer;
  if (spare_.empty()) {
    answer = std::make_unique<ThrottleAnswer>();
  } else {
    answer = std::move(spare_.back());
    spare_.pop_back();
  }
  answer->session = this;
  answer->ready = false;
  answer->version = version_;
  answer->key.assign(command->key);
  answer->asks.assign(1, Ask{.limit = limit->limit.get(),
                             .key = answer->key,
                             .cost = command->quantity,
                             .action = command->quantity == 0 ? Action::kPeek : Action::kTake});
  answer->usage = limit->usage.get();
  answer->keeps = limit;
  answer->now = limiter_now(stream_.loop().now());
  ThrottleAnswer& batch = *answer;
  waiting_.push_back(std::move(answer));
  service_.state.decide(batch, batch.now);
}

void ThrottleSession::ping(Words words) {
  words.size() == 1 ? reply().simple("PONG") : reply().bulk(words[1]);
}

void ThrottleSession::echo(Words words) { reply().bulk(words[1]); }

// HELLO [protover [AUTH user password] [SETNAME name]]
void ThrottleSession::hello(Words words) {
  int version = version_;
  if (words.size() > 1) {
    if (words[1] != "2" && words[1] != "3") {
      return reply().error("NOPROTO unsupported protocol version");
    }
    version = words[1] == "2" ? 2 : 3;
  }
  std::optional<std::array<std::string_view, 2>> account;
  for (std::size_t i = 2; i < words.size();) {
    if (base::ascii_iequals(words[i], "AUTH") && i + 2 < words.size()) {
      account = {words[i + 1], words[i + 2]};
      i += 3;
    } else if (base::ascii_iequals(words[i], "SETNAME") && i + 1 < words.size()) {
      name_.assign(words[i + 1].substr(0, kQuoted));
      i += 2;
    } else {
      return reply().error("ERR Syntax error in HELLO option '" +
                           std::string(words[i].substr(0, kQuoted)) + "'");
    }
  }
  if (!account && !owner_) {
    return reply().error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
        "RESP protocol version at the same time");
  }
  if (!account) {
    version_ = version;
    return greet();
  }
  greeting_version_ = version;
  authenticate((*account)[0], (*account)[1], true);
}

void ThrottleSession::greet() {
  redis::ReplyWriter writer = reply();
  writer.map(7);
  writer.bulk("server");
  writer.bulk("ashlar");
  writer.bulk("version");
  writer.bulk(kServerVersion);
  writer.bulk("proto");
  writer.integer(version_);
  writer.bulk("id");
  writer.integer(static_cast<std::int64_t>(id_));
  writer.bulk("mode");
  writer.bulk("standalone");
  writer.bulk("role");
  writer.bulk("master");
  writer.bulk("modules");
  writer.array(0);
}

void ThrottleSession::auth(Words words) {
  authenticate(words.size() == 3 ? words[1] : std::string_view(), words.back(), false);
}

void ThrottleSession::authenticate(std::string_view user, std::string_view password, bool greets) {
  if (service_.auth == nullptr) {
    return reply().error(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
  }
  authenticating_ = true;
  service_.auth->authenticate(user, password, stream_.loop(),
                              [self = self_, greets, text = std::string(password)](
                                  const base::Result<base::TenantId>& owner) {
                                if (*self != nullptr) {
                                  (*self)->on_authenticated(owner, text, greets);
                                }
                              });
}

void ThrottleSession::on_authenticated(const base::Result<base::TenantId>& owner,
                                       const std::string& password, bool greets) {
  authenticating_ = false;
  if (!owner.ok()) {
    reply().error(is_unknown(owner.error())
                      ? "WRONGPASS invalid username-password pair or user is disabled."
                      : "ERR the password cannot be checked now");
  } else {
    owner_ = *owner;
    password_ = password;
    recheck_at_ = stream_.loop().mono() + kRecheck;
    if (greets) {
      version_ = greeting_version_;
      greet();
    } else {
      reply().ok();
    }
  }
  if (output_ == nullptr) stream_.flush();
}

void ThrottleSession::recheck() {
  authenticating_ = true;
  service_.auth->authenticate({}, password_, stream_.loop(),
                              [self = self_](const base::Result<base::TenantId>& owner) {
                                if (*self != nullptr) (*self)->on_rechecked(owner);
                              });
}

// What could not be asked changes nothing.
void ThrottleSession::on_rechecked(const base::Result<base::TenantId>& owner) {
  authenticating_ = false;
  recheck_at_ = stream_.loop().mono() + kRecheck;
  if (!owner.ok() && is_unknown(owner.error())) {
    owner_.reset();
    password_.clear();
  }
  if (output_ == nullptr) stream_.flush();
}

void ThrottleSession::select(Words words) {
  if (words[1] == "0") return reply().ok();
  const bool number = std::ranges::all_of(words[1], [](char c) { return c >= '0' && c <= '9'; });
  reply().error(number && !words[1].empty() ? "ERR DB index is out of range"
                                            : "ERR value is not an integer or out of range");
}

void ThrottleSession::client(Words words) {
  const auto is = [&](std::string_view name, std::size_t count) {
    return base::ascii_iequals(words[1], name) && words.size() == count;
  };
  if (is("SETINFO", 4)) return reply().ok();
  if (is("ID", 2)) return reply().integer(static_cast<std::int64_t>(id_));
  if (is("SETNAME", 3)) {
    name_.assign(words[2].substr(0, kQuoted));
    return reply().ok();
  }
  if (is("GETNAME", 2)) return name_.empty() ? reply().nil() : reply().bulk(name_);
  reply().error("ERR unknown subcommand or wrong number of arguments for '" +
                std::string(words[1].substr(0, kQuoted)) + "'. Try CLIENT HELP.");
}

// What clients ask on connecting, to complete words that somebody types.
void ThrottleSession::command(Words words) {
  if (words.size() > 1 && base::ascii_iequals(words[1], "COUNT")) {
    return reply().integer(static_cast<std::int64_t>(commands().size()));
  }
  if (words.size() > 1 && base::ascii_iequals(words[1], "DOCS")) return reply().map(0);
  reply().array(0);
}

void ThrottleSession::info(Words words) {
  static_cast<void>(words);
  reply().bulk("# Server\r\nserver_name:ashlar\r\nredis_version:" + std::string(kServerVersion) +
               "\r\nredis_mode:standalone\r\n\r\n# Persistence\r\nloading:0\r\n");
}

void ThrottleSession::reset(Words words) {
  static_cast<void>(words);
  version_ = 2;
  owner_ = service_.owner;
  password_.clear();
  name_.clear();
  reply().simple("RESET");
}

void ThrottleSession::quit(Words words) {
  static_cast<void>(words);
  reply().ok();
  finished_ = true;
  stream_.finish();
}

}  // namespace ashlar::limits

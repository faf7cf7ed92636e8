#include "app/cli/commands.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <semaphore>

#include "app/app.h"
#include "app/cli/ask_password.h"
#include "app/file_limit.h"
#include "app/installation.h"
#include "app/modules.h"
#include "base/time.h"
#include "modules/limits/rule_folder.h"
#include "platform/storage/embedded_migrations.h"
#include "platform/storage/migrations.h"
#include "platform/storage/sqlite_database.h"

namespace ashlar::app {
namespace {

using base::Code;
using base::fail;
using base::Status;

constexpr int kPage = 100;

void print_line(std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

// Commands are quiet: what they have to say is their result. And what only looks, or changes what
// is there, must make nothing: a mistyped folder is an error.
base::Result<std::unique_ptr<Installation>> open_quietly(Config config) {
  config.log_level = obs::Level::kError;
  return Installation::open_existing(config);
}

// A running server learns of our commits from its database: on SQLite it looks every 200 ms, on
// PostgreSQL it is told at once. When the command returns, it shall hold: a revoked key is refused.
void let_servers_notice() {
  constexpr base::Millis kNoticed{300};
  std::binary_semaphore never{0};
  [[maybe_unused]] const bool acquired = never.try_acquire_for(kNoticed);
}

base::Result<storage::Context> context_of(Installation& ashlar, const std::string& tenant) {
  ASHLAR_ASSIGN(const security::Tenant found, ashlar.tenants->find(std::string_view(tenant)));
  return storage::Context::tenant(found.id);
}

std::string time_or_dash(const std::optional<base::Time>& time) {
  return time ? base::format_rfc3339(*time) : "-";
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

Status check_scopes(const std::vector<std::string>& wanted) {
  const std::vector<std::string> known = known_scopes();
  for (const std::string& scope : wanted) {
    if (std::ranges::find(known, scope) != known.end()) continue;
    return fail(Code::kInvalid, "invalid_request",
                "there is no scope " + scope + "; there are " + joined(known, ", "));
  }
  return base::ok_status();
}

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

void warn_of_fewer_connections(const Config& wanted, const Config& given,
                               std::uint64_t open_files) {
  if (wanted.http.max_connections == given.http.max_connections) return;
  const base::SystemClock clock;
  obs::Registry metrics;
  obs::Log log(given.log_level, STDERR_FILENO, clock, metrics);
  log.warn("http.max_connections lowered: more would not fit the limit of open files",
           {{"wanted", static_cast<std::int64_t>(wanted.http.max_connections)},
            {"max_connections", static_cast<std::int64_t>(given.http.max_connections)},
            {"open_files", static_cast<std::int64_t>(open_files)}});
}

}  // namespace

Status serve(const Config& wanted) {
  // Blocked before the first thread starts, so that all inherit it and this one alone is told.
  const sigset_t signals = handled_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  ASHLAR_ASSIGN(const std::uint64_t open_files, raise_file_limit());
  Config config = wanted;
  ASHLAR_TRY(fit_connections(config, open_files));
  ASHLAR_ASSIGN(const std::unique_ptr<App> app, App::start(config));
  warn_of_fewer_connections(wanted, config, open_files);
  ASHLAR_ASSIGN(const std::string banner, app->banner());
  print_line(banner);
  std::fflush(stdout);
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) app->reload();
  return app->stop();
}

Status print_settings(const Config& config) {
  const std::string text = settings_as_toml(config);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return base::ok_status();
}

Status migrate(const Config& config, bool dry_run) {
  const base::SystemClock clock;
  // A mistyped folder would be "migrated" to an empty database. One of PostgreSQL is there, empty
  // or not, or cannot be reached.
  if (config.store.empty()) ASHLAR_TRY(require_database(config, clock));
  const auto access = dry_run ? storage::SchemaAccess::kLook : storage::SchemaAccess::kChange;
  ASHLAR_ASSIGN(const auto schema, open_schema(config, access, clock));
  if (dry_run) {
    ASHLAR_ASSIGN(const auto pending,
                  storage::plan_migrations(*schema, storage::embedded_migrations()));
    for (const storage::PendingMigration& migration : pending) {
      print_line(migration.module + " " + std::to_string(migration.number) + " " + migration.name);
    }
    return base::ok_status();
  }
  ASHLAR_ASSIGN(const std::size_t done,
                storage::apply_migrations(*schema, storage::embedded_migrations(), clock));
  print_line(std::to_string(done) + (done == 1 ? " migration done" : " migrations done"));
  return base::ok_status();
}

Status tenant_create(const Config& given, const std::string& name) {
  Config config = given;
  config.log_level = obs::Level::kError;
  ASHLAR_ASSIGN(const auto ashlar, Installation::open(config));
  ASHLAR_ASSIGN(const security::Tenant tenant, ashlar->tenants->create(name));
  print_line(tenant.id.to_string());
  return base::ok_status();
}

Status tenant_list(const Config& config) {
  ASHLAR_ASSIGN(const auto ashlar, open_quietly(config));
  std::string after;
  while (true) {
    ASHLAR_ASSIGN(const std::vector<security::Tenant> page, ashlar->tenants->list(after, kPage));
    for (const security::Tenant& tenant : page) {
      print_line(tenant.id.to_string() + "\t" + tenant.name + "\t" +
                 base::format_rfc3339(tenant.created_at));
    }
    if (page.size() < kPage) return base::ok_status();
    after = page.back().name;
  }
}

Status tenant_export(const Config& config, const std::string& name) {
  ASHLAR_ASSIGN(const auto ashlar, open_quietly(config));
  ASHLAR_TRY(ashlar->tenants->export_whole(name, [](std::string_view line) -> Status {
    print_line(line);
    if (std::ferror(stdout) != 0) {
      return fail(Code::kUnavailable, "output_failed", "cannot write to standard output");
    }
    return base::ok_status();
  }));
  if (std::fflush(stdout) != 0) {
    return fail(Code::kUnavailable, "output_failed", "cannot write to standard output");
  }
  return base::ok_status();
}

Status tenant_delete(const Config& config, const std::string& name, bool confirmed) {
  ASHLAR_ASSIGN(const auto ashlar, open_quietly(config));
  ASHLAR_TRY(ashlar->tenants->find(std::string_view(name)));
  if (!confirmed) {
    std::fprintf(stderr,
                 "This deletes %s and everything that it has. Type its name: ", name.c_str());
    std::string typed;
    std::getline(std::cin, typed);
    if (typed != name) return fail(Code::kInvalid, "not_confirmed", "not confirmed, nothing done");
  }
  ASHLAR_TRY(ashlar->tenants->erase_whole(name));
  let_servers_notice();
  return base::ok_status();
}

Status key_create(const Config& config, const KeyCreate& wanted) {
  ASHLAR_TRY(check_scopes(wanted.scopes));
  security::NewApiKey key;
  key.scopes = wanted.scopes;
  if (!wanted.name.empty()) key.name = wanted.name;
  if (!wanted.expires_at.empty()) {
    key.expires_at = base::parse_rfc3339(wanted.expires_at);
    if (!key.expires_at) {
      return fail(Code::kInvalid, "bad_timestamp", "--expires-at is not an RFC 3339 time");
    }
  }
  ASHLAR_ASSIGN(const auto ashlar, open_quietly(config));
  ASHLAR_ASSIGN(const storage::Context context, context_of(*ashlar, wanted.tenant));
  // Whoever can write to the data folder may do everything anyway.
  const security::Principal operator_of_machine{.kind = security::Principal::Kind::kAdmin,
                                                .tenant = {},
                                                .tenant_name = {},
                                                .key = {},
                                                .scopes = {}};
  base::Result<security::CreatedApiKey> created =
      ashlar->keys->create(context, key, operator_of_machine);
  if (!created.ok()) {
    base::Error error = std::move(created).error();
    std::vector<std::string> details;
    for (const base::FieldError& field : error.fields) details.push_back(field.detail);
    if (!details.empty()) error.detail = joined(details, "; ");
    return error;
  }
  print_line(created->text);
  return base::ok_status();
}

Status key_list(const Config& config, const std::string& tenant) {
  ASHLAR_ASSIGN(const auto ashlar, open_quietly(config));
  ASHLAR_ASSIGN(const storage::Context context, context_of(*ashlar, tenant));
  std::optional<security::KeyPosition> after;
  while (true) {
    ASHLAR_ASSIGN(const std::vector<security::ApiKey> page,
                  ashlar->keys->list(context, after, kPage));
    for (const security::ApiKey& key : page) {
      print_line(key.id.to_string() + "\t" + key.name.value_or("-") + "\t" +
                 joined(key.scopes, ",") + "\tcreated " + base::format_rfc3339(key.created_at) +
                 "\texpires " + time_or_dash(key.expires_at) + "\trevoked " +
                 time_or_dash(key.revoked_at));
    }
    if (page.size() < kPage) return base::ok_status();
    after = security::KeyPosition{page.back().created_at, page.back().id};
  }
}

Status key_revoke(const Config& config, const std::string& tenant, const std::string& id) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc{} || end != id.data() + id.size()) {
    return fail(Code::kNotFound, "key_not_found", "there is no key with the id " + id);
  }
  ASHLAR_ASSIGN(const auto ashlar, open_quietly(config));
  ASHLAR_ASSIGN(const storage::Context context, context_of(*ashlar, tenant));
  ASHLAR_TRY(ashlar->keys->revoke(context, security::KeyId(number)));
  let_servers_notice();
  return base::ok_status();
}

Status admin_reset_password(const Config& config) {
  ASHLAR_ASSIGN(const auto ashlar, open_quietly(config));
  return ashlar->admin->reset_password(ask_password("New password, at least 10 characters"));
}

Status limits_check(const Config& config, const std::string& folder) {
  return limits::check_rule_folder(folder, config.limits.merge_domains, std::cout);
}

Status backup(const Config& config, const std::string& path) {
  if (!config.store.empty()) {
    return fail(Code::kInvalid, "wrong_setting", "use pg_dump to back up PostgreSQL");
  }
  const base::SystemClock clock;
  // Of whichever version: one backs up before one migrates.
  ASHLAR_TRY(require_database(config, clock));
  return storage::backup_sqlite(config.data_dir, path, clock);
}

}  // namespace ashlar::app

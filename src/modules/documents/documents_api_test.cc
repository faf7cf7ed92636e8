// The documents' HTTP API, as the table of routes answers: each way in, and each way to be refused.
#include <gtest/gtest.h>

#include <charconv>
#include <variant>

#include "base/encoding.h"
#include "modules/documents/document_door.h"
#include "modules/documents/documents_store.h"
#include "modules/documents/log_store.h"
#include "modules/documents/testing/documents_fixture.h"
#include "platform/http/call.h"
#include "platform/http/late_answer.h"
#include "platform/http/problem.h"
#include "platform/http/query.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"

namespace ashlar::documents {
namespace {

using http::Method;
using storage::Transaction;

class Late final : public http::LateAnswer {
 public:
  void complete(base::Result<http::Response> result) override {
    if (!told_.exchange(true)) done_.set_value(std::move(result));
  }
  [[nodiscard]] bool is_wanted() const override { return true; }
  base::Result<http::Response> wait() { return done_.get_future().get(); }

 private:
  std::atomic<bool> told_{false};
  std::promise<base::Result<http::Response>> done_;
};

struct Answer {
  int status = 0;
  std::string body;
  std::string reason;  // of a problem
  json::Value json;

  // "data", "0", "name"; "" where there is none. Numbers as text.
  [[nodiscard]] std::string at(std::initializer_list<std::string_view> path) const {
    const json::Value* value = &json;
    for (const std::string_view step : path) {
      if (const json::Value::Array* items = value->if_array()) {
        std::size_t index = items->size();
        std::from_chars(step.data(), step.data() + step.size(), index);
        value = index < items->size() ? &(*items)[index] : nullptr;
      } else {
        value = value->find(step);
      }
      if (value == nullptr) return {};
    }
    if (value->if_string() != nullptr) return *value->if_string();
    if (value->if_integer() != nullptr) return std::to_string(*value->if_integer());
    return {};
  }
};

bool fits(std::string_view pattern, std::string_view path, std::vector<std::string>& params) {
  params.clear();
  while (!pattern.empty() && !path.empty()) {
    pattern.remove_prefix(1);
    path.remove_prefix(1);
    const std::string_view wanted = pattern.substr(0, pattern.find('/'));
    const std::string_view given = path.substr(0, path.find('/'));
    if (wanted.starts_with('{')) {
      params.emplace_back(given);
    } else if (wanted != given) {
      return false;
    }
    pattern.remove_prefix(wanted.size());
    path.remove_prefix(given.size());
  }
  return pattern.empty() && path.empty();
}

class DocumentsApiTest : public DocumentsFixture {
 protected:
  void SetUp() override {
    DocumentsFixture::SetUp();
    if (IsSkipped()) return;
    process_ = start();
    routes_ = documents_routes(*process_->module, cursors_);
  }
  void TearDown() override {
    routes_.clear();
    process_.reset();
  }

  Answer send(Method method, const std::string& target, const std::string& body = {},
              base::TenantId tenant = kAlice, std::vector<std::string> scopes = both()) {
    const std::size_t mark = target.find('?');
    http::RequestHead head;
    http::Call call;
    call.head = &head;
    call.body = body;
    call.principal.kind = caller_;
    call.principal.tenant = tenant;
    call.principal.key = security::KeyId(42);
    call.principal.scopes = std::move(scopes);
    call.deadline = process_->clock.mono() + base::Seconds(60);
    if (mark != std::string::npos) call.query = *http::parse_query(target.substr(mark + 1));
    for (const http::Route& route : routes_) {
      if (route.method != method ||
          !fits(route.path.value, target.substr(0, mark), call.path_params))
        continue;
      call.route = &route;
      break;
    }
    CHECK(call.route != nullptr);
    return answer_of(run(call));
  }
  Answer get(const std::string& target) { return send(Method::kGet, target); }
  Answer post(const std::string& target, const std::string& body) {
    return send(Method::kPost, target, body);
  }

  base::Result<http::Response> run(http::Call& call) {
    const http::Handler& handler = call.route->handler.value;
    if (const auto* worker = std::get_if<http::WorkerHandler>(&handler)) return (*worker)(call);
    if (const auto* effect = std::get_if<http::TransactionHandler>(&handler)) {
      return process_->db->write(call.tenant_context(),
                                 [&](Transaction& tx) { return (*effect)(call, tx); });
    }
    const auto late = std::make_shared<Late>();
    const base::Status begun = std::get<http::LateHandler>(handler)(call, late);
    if (!begun.ok()) return begun.error();
    return late->wait();
  }

  static Answer answer_of(base::Result<http::Response> result) {
    Answer answer;
    if (!result.ok()) answer.reason = result.error().reason;
    const http::Response response = result.ok() ? *result : http::problem(result.error(), "req");
    answer.status = response.status;
    answer.body = response.body;
    const bool json = response.content_type.find("json") != std::string::npos;
    if (json) answer.json = *json::parse(response.body);
    return answer;
  }

  static std::vector<std::string> both() { return {"documents:read", "documents:write"}; }

  const http::CursorCodec cursors_{kit::SipKey{1, 2}};
  security::Principal::Kind caller_ = security::Principal::Kind::kKey;
  std::unique_ptr<Process> process_;
  http::RouteTable routes_;
};

INSTANTIATE_TEST_SUITE_P(Storage, DocumentsApiTest, storage::both_engines(), storage::engine_name);

TEST_P(DocumentsApiTest, DocumentsAreMadeListedAndDeleted) {
  const Answer made = post("/v1/documents", R"({"name":"b"})");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.at({"name"}), "b");
  EXPECT_EQ(made.at({"created_by"}), "key:42");
  EXPECT_EQ(post("/v1/documents", R"({"name":"b"})").reason, "document_exists");
  EXPECT_EQ(post("/v1/documents", R"({"name":"a"})").status, 201);
  EXPECT_EQ(post("/v1/documents", R"({"name":"ws"})").reason, "document_name_reserved");
  const Answer first = get("/v1/documents?limit=1");
  EXPECT_EQ(first.at({"data", "0", "name"}), "a");
  const Answer second = get("/v1/documents?limit=1&cursor=" + first.at({"next_cursor"}));
  EXPECT_EQ(second.at({"data", "0", "name"}), "b");
  EXPECT_EQ(second.at({"next_cursor"}), "");
  EXPECT_EQ(get("/v1/documents?prefix=b").at({"data", "0", "name"}), "b");
  EXPECT_EQ(send(Method::kGet, "/v1/documents/b", {}, kBob).status, 404);
  EXPECT_EQ(send(Method::kDelete, "/v1/documents/b").status, 204);
  EXPECT_EQ(get("/v1/documents/b").reason, "document_not_found");
  EXPECT_EQ(get("/v1/documents/b/text").status, 404);
}

TEST_P(DocumentsApiTest, AnUpdateIsReadBackEachWay) {
  Writer writer(7);
  const Answer written = post("/v1/documents/a/update", writer.append("hello"));
  EXPECT_EQ(written.status, 200) << written.body;
  EXPECT_EQ(written.at({"updates"}), "1");
  EXPECT_EQ(get("/v1/documents/a/text?root=content").body, "hello");
  EXPECT_EQ(get("/v1/documents/a/json?root=content&type=text").body, R"("hello")");
  EXPECT_EQ(get("/v1/documents/a/delta?root=content").body, R"([{"insert":"hello"}])");
  EXPECT_EQ(get("/v1/documents/a/markdown?root=content").body, "hello\n");
  EXPECT_EQ(get("/v1/documents/a/state").body, writer.doc().encode());
  EXPECT_EQ(get("/v1/documents/a/state-vector").body,
            crdt::encode_state_vector(writer.doc().state_vector()));
  const crdt::StateVector before = writer.doc().state_vector();
  const std::string more = writer.append(" world");
  EXPECT_EQ(post("/v1/documents/a/update", more).status, 200);
  const std::string since = base::base64url_encode(crdt::encode_state_vector(before));
  EXPECT_EQ(get("/v1/documents/a/state?since=" + since).body, more);
  EXPECT_EQ(post("/v1/documents/a/update", "junk").reason, "update_malformed");
  const std::string v2 = get("/v1/documents/a/state?format=v2").body;
  EXPECT_EQ(post("/v1/documents/copy/update?format=v2", v2).status, 200);
  EXPECT_EQ(get("/v1/documents/copy/text").body, "hello world");
}

TEST_P(DocumentsApiTest, AnotherEpochIsRefused) {
  Writer writer(7);
  ASSERT_EQ(post("/v1/documents/a/update", writer.append("x")).status, 200);
  const std::string epoch = get("/v1/documents/a").at({"epoch"});
  EXPECT_EQ(get("/v1/documents/a/text?epoch=" + epoch).status, 200);
  ASSERT_EQ(send(Method::kDelete, "/v1/documents/a").status, 204);
  EXPECT_EQ(post("/v1/documents/a/update?epoch=" + epoch, writer.doc().encode()).reason,
            "epoch_mismatch");
}

TEST_P(DocumentsApiTest, EditsWithoutYjs) {
  const Answer written = post("/v1/documents/a/edits", R"({"edits":[
      {"op":"insert_text","root":"content","index":0,"text":"helo"},
      {"op":"insert_text","root":"content","index":3,"text":"l","attributes":{"bold":true}},
      {"op":"append_text","root":"content","text":"!"},
      {"op":"delete","root":"content","index":0,"length":1},
      {"op":"set_key","root":"meta","key":"state","value":{"draft":true,"n":3}},
      {"op":"insert_values","root":"list","index":0,"value":[1,"two",null]}]})");
  EXPECT_EQ(written.status, 200) << written.body;
  EXPECT_EQ(get("/v1/documents/a/text").body, "ello!");
  EXPECT_EQ(get("/v1/documents/a/json?root=meta").body, R"({"state":{"draft":true,"n":3}})");
  EXPECT_EQ(get("/v1/documents/a/json?root=list&type=array").body, R"([1,"two",null])");
  // One that is wrong, and the one before it is undone.
  const Answer wrong = post("/v1/documents/a/edits", R"({"edits":[
      {"op":"append_text","root":"content","text":"never"},
      {"op":"delete","root":"content","index":100,"length":1}]})");
  EXPECT_EQ(wrong.reason, "edit_out_of_range");
  EXPECT_EQ(get("/v1/documents/a/text").body, "ello!");
  EXPECT_EQ(post("/v1/documents/a/edits", R"({"edits":[{"op":"set_key","root":"m"}]})").reason,
            "edit_incomplete");
}

TEST_P(DocumentsApiTest, TokensOpenTheirDocumentAlone) {
  const Answer made = post("/v1/documents/a/tokens",
                           R"({"access":"write","ttl_s":60,"user":"alice","name":"Alice"})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string token = made.at({"token"});
  const DocumentDoor& door = process_->module->door;
  const auto visitor = door.admit(token, "a", {});
  ASSERT_TRUE(visitor.ok());
  EXPECT_EQ(visitor->user, "alice");
  EXPECT_EQ(visitor->access, Access::kWrite);
  EXPECT_EQ(visitor->tenant, kAlice);
  EXPECT_STREQ(door.admit(token, "b", {}).error().reason, "access_denied");
  EXPECT_STREQ(door.admit(token + "x", "a", {}).error().reason, "invalid_document_token");
  ASSERT_EQ(send(Method::kDelete, "/v1/documents/a/tokens/" + made.at({"id"})).status, 204);
  EXPECT_STREQ(door.admit(token, "a", {}).error().reason, "revoked_document_token");
  // Who may only read gives nobody more.
  EXPECT_EQ(send(Method::kPost, "/v1/documents/a/tokens", R"({"access":"write"})", kAlice,
                 {"documents:read"})
                .reason,
            "access_denied");
}

TEST_P(DocumentsApiTest, AGrantSaysTheMost) {
  ASSERT_EQ(post("/v1/documents", R"({"name":"a"})").status, 201);
  const std::string token =
      post("/v1/documents/a/tokens", R"({"access":"write","user":"bob"})").at({"token"});
  const auto access = [&] {
    const auto visitor = process_->module->door.admit(token, "a", {});
    return visitor.ok() ? visitor->access : Access::kNone;
  };
  EXPECT_EQ(access(), Access::kWrite);
  const auto put = [&](const std::string& who, const std::string& what) {
    return send(Method::kPut, "/v1/documents/a/grants/" + who, R"({"access":")" + what + "\"}");
  };
  EXPECT_EQ(put("key:42", "write").status, 200);  // else "*" would hold for the caller
  EXPECT_EQ(put("*", "read").status, 200);
  EXPECT_EQ(access(), Access::kRead);
  EXPECT_EQ(put("bob", "comment").status, 200);
  EXPECT_EQ(access(), Access::kComment);
  EXPECT_EQ(put("bob", "none").status, 200);
  EXPECT_EQ(access(), Access::kNone);
  EXPECT_EQ(get("/v1/documents/a/grants").at({"data", "1", "subject"}), "bob");
  EXPECT_EQ(send(Method::kDelete, "/v1/documents/a/grants/bob").status, 204);
  EXPECT_EQ(access(), Access::kRead);
  EXPECT_EQ(send(Method::kDelete, "/v1/documents/a/grants/bob").reason, "grant_not_found");
  EXPECT_EQ(send(Method::kDelete, "/v1/documents/a/grants/key:42").status, 204);
  // The key of the caller is somebody, too.
  EXPECT_EQ(post("/v1/documents/a/update", Writer(7).append("x")).reason, "access_denied");
}

TEST_P(DocumentsApiTest, WhoWasLoweredRaisesNobody) {
  ASSERT_EQ(post("/v1/documents", R"({"name":"a"})").status, 201);
  const std::string own = "/v1/documents/a/grants/key:42";
  const auto put = [&](const std::string& what) {
    return send(Method::kPut, own, R"({"access":")" + what + "\"}");
  };
  ASSERT_EQ(put("read").status, 200);
  EXPECT_EQ(put("write").reason, "access_denied");
  EXPECT_EQ(send(Method::kDelete, own).reason, "access_denied");
  EXPECT_EQ(send(Method::kDelete, "/v1/documents/a/tokens/4711").reason, "access_denied");
  EXPECT_EQ(get("/v1/documents/a/grants").at({"data", "0", "access"}), "read");
  caller_ = security::Principal::Kind::kAdmin;
  EXPECT_EQ(put("none").status, 200);
  caller_ = security::Principal::Kind::kKey;
  EXPECT_EQ(get("/v1/documents/a/grants").reason, "access_denied");
  // Nor is the administrator shut out by a grant for everybody.
  caller_ = security::Principal::Kind::kAdmin;
  const std::string all = "/v1/documents/a/grants/*";
  ASSERT_EQ(send(Method::kPut, all, R"({"access":"none"})").status, 200);
  EXPECT_EQ(send(Method::kDelete, all).status, 204);
}

TEST_P(DocumentsApiTest, OfAThousandGrantsEachIsStillLowered) {
  ASSERT_EQ(post("/v1/documents", R"({"name":"a"})").status, 201);
  const auto filled =
      process_->db->write(storage::Context::tenant(kAlice), [&](Transaction& tx) -> base::Status {
        ASHLAR_ASSIGN(const auto row, store::find(tx, "a"));
        for (int i = 0; i < 1'000; ++i) {
          ASHLAR_TRY(store::put_grant(
              tx, row->no, {"u" + std::to_string(i), Access::kWrite, process_->clock.now()}));
        }
        return base::ok_status();
      });
  ASSERT_TRUE(filled.ok());
  const auto put = [&](const std::string& who) {
    return send(Method::kPut, "/v1/documents/a/grants/" + who, R"({"access":"none"})");
  };
  EXPECT_EQ(put("u7").status, 200);
  EXPECT_EQ(put("new").reason, "too_many_grants");
}

TEST_P(DocumentsApiTest, SessionsAreSeenAndEnded) {
  Guest& guest = make_guest();
  process_->visit("a", guest, "alice");
  const Answer list = get("/v1/documents/a/sessions");
  EXPECT_EQ(list.at({"data", "0", "user"}), "alice");
  EXPECT_EQ(list.at({"data", "0", "access"}), "write");
  EXPECT_EQ(get("/v1/documents/a").at({"sessions"}), "1");
  const std::string id = list.at({"data", "0", "id"});
  EXPECT_EQ(list.at({"instances", "0"}) + ".", id.substr(0, id.find('.') + 1));
  EXPECT_EQ(list.at({"data", "0", "instance"}), list.at({"instances", "0"}));
  EXPECT_EQ(list.at({"instances", "1"}), "");
  EXPECT_EQ(list.at({"missing", "0"}), "");
  const std::string path = "/v1/documents/a/sessions/" + id;
  const std::string number = id.substr(id.find('.') + 1);
  for (const std::string& bad :
       {number, "." + number, id + ".1", id.substr(0, id.find('.') + 1), std::string("0.0"),
        std::string("5.9223372036854775807"), std::string("x")}) {
    const Answer refused = send(Method::kDelete, "/v1/documents/a/sessions/" + bad);
    EXPECT_EQ(refused.reason, "document_session_not_found") << bad;
  }
  EXPECT_EQ(guest.count("end"), 0U);
  EXPECT_EQ(send(Method::kDelete, path).status, 204);
  EXPECT_TRUE(guest.wait("end"));
  EXPECT_EQ(send(Method::kDelete, path).reason, "document_session_not_found");
}

TEST_P(DocumentsApiTest, VersionsAreNamedAndShown) {
  EXPECT_EQ(post("/v1/documents", R"({"name":"a"})").status, 201);
  EXPECT_EQ(post("/v1/documents/a/versions", R"({"label":"no"})").reason, "document_empty");
  Writer writer(7);
  ASSERT_EQ(post("/v1/documents/a/update", writer.append("first")).status, 200);
  const Answer named = post("/v1/documents/a/versions", R"({"label":"draft"})");
  ASSERT_EQ(named.status, 201) << named.body;
  EXPECT_EQ(named.at({"id"}), "1");
  ASSERT_EQ(post("/v1/documents/a/update", writer.append(" second")).status, 200);
  const Answer list = get("/v1/documents/a/versions");
  EXPECT_EQ(list.at({"data", "0", "id"}), "2");
  EXPECT_EQ(list.at({"data", "0", "users", "0"}), "key:42");
  EXPECT_EQ(list.at({"data", "1", "label"}), "draft");
  crdt::Doc then(crdt::Doc::Options{});
  ASSERT_TRUE(then.apply(get("/v1/documents/a/versions/1/state").body).ok());
  EXPECT_EQ(then.text("content"), "first");
  EXPECT_EQ(get("/v1/documents/a/versions/9/state").reason, "version_not_found");
}

TEST_P(DocumentsApiTest, AVersionIsBroughtBackByAnEdit) {
  Writer writer(7);
  ASSERT_EQ(post("/v1/documents/a/update", writer.append("first")).status, 200);
  Guest& guest = make_guest();
  process_->visit("a", guest, "alice");
  ASSERT_EQ(post("/v1/documents/a/edits", R"({"edits":[
      {"op":"delete","root":"content","index":1,"length":4},
      {"op":"append_text","root":"content","text":"ew"},
      {"op":"set_key","root":"meta","key":"state","value":"sent"}]})")
                .status,
            200);
  const std::string epoch = get("/v1/documents/a").at({"epoch"});
  const Answer restored = post("/v1/documents/a/versions/1/restore", "");
  ASSERT_EQ(restored.status, 200) << restored.body;
  EXPECT_EQ(get("/v1/documents/a/text").body, "first");
  EXPECT_EQ(get("/v1/documents/a/json?root=meta&type=map").body, "{}");
  EXPECT_EQ(get("/v1/documents/a").at({"epoch"}), epoch);
  EXPECT_EQ(get("/v1/documents/a").at({"updates"}), restored.at({"version"}));
  EXPECT_NE(restored.body.find(R"("changed":true)"), std::string::npos);
  EXPECT_TRUE(guest.wait("update"));  // and is not shown out
  // What was there before it has a name, though the restore is of the same stretch of writing.
  const std::string list = get("/v1/documents/a/versions").body;
  EXPECT_NE(list.find(R"("label":"Before version 1 was brought back")"), std::string::npos) << list;
  // The second time there is nothing to do; and back to what was before.
  const Answer again = post("/v1/documents/a/versions/1/restore", "");
  EXPECT_EQ(again.at({"version"}), restored.at({"version"}));
  EXPECT_NE(again.body.find(R"("changed":false)"), std::string::npos);
  EXPECT_EQ(get("/v1/documents/a/versions").body, list);
  const std::string before = std::to_string(std::stoll(restored.at({"version"})) - 1);
  ASSERT_EQ(post("/v1/documents/a/versions/" + before + "/restore", "").status, 200);
  EXPECT_EQ(get("/v1/documents/a/text").body, "few");
  EXPECT_EQ(post("/v1/documents/a/versions/99/restore", "").reason, "version_not_found");
  EXPECT_EQ(post("/v1/documents/b/versions/1/restore", "").reason, "document_not_found");
}

TEST_P(DocumentsApiTest, TwoVersionsAreCompared) {
  Writer writer(7);
  ASSERT_EQ(post("/v1/documents/a/update", writer.append("first")).status, 200);
  ASSERT_EQ(post("/v1/documents/a/update", writer.append(" second")).status, 200);
  const Answer one = get("/v1/documents/a/diff?from=1&root=content");
  ASSERT_EQ(one.status, 200) << one.body;
  EXPECT_EQ(one.body, R"({"from":"1","to":"2","root":"content","changes":[{"path":[],"delta":)"
                      R"([{"retain":5},{"insert":" second"}]}],"truncated":false})");
  const Answer other = get("/v1/documents/a/diff?from=2&to=1");
  EXPECT_NE(other.body.find(R"({"delete":7,"old":" second"})"), std::string::npos) << other.body;
  EXPECT_EQ(get("/v1/documents/a/diff").status, 400);
  EXPECT_EQ(get("/v1/documents/a/diff?from=9").reason, "version_not_found");
  EXPECT_EQ(get("/v1/documents/b/diff?from=1").reason, "document_not_found");
}

TEST_P(DocumentsApiTest, WhoWroteWhat) {
  Writer writer(7);
  ASSERT_EQ(post("/v1/documents/a/update", writer.append("first")).status, 200);
  ASSERT_EQ(post("/v1/documents/a/edits",
                 R"({"edits":[{"op":"set_key","root":"meta","key":"state","value":"sent"}]})")
                .status,
            200);
  const Answer text = get("/v1/documents/a/attribution");
  ASSERT_EQ(text.status, 200) << text.body;
  EXPECT_EQ(text.at({"ranges", "0", "user"}), "key:42");
  EXPECT_EQ(text.at({"ranges", "0", "length"}), "5");
  EXPECT_EQ(text.at({"ranges", "0", "version"}), "1");
  const Answer meta = get("/v1/documents/a/attribution?root=meta");
  EXPECT_EQ(meta.at({"ranges", "0", "key"}), "state");
  EXPECT_EQ(meta.at({"ranges", "0", "version"}), "2");
  EXPECT_EQ(get("/v1/documents/b/attribution").reason, "document_not_found");
}

TEST_P(DocumentsApiTest, ErasedIsErased) {
  Writer writer(7);
  ASSERT_EQ(post("/v1/documents/a/update", writer.append("secret")).status, 200);
  ASSERT_EQ(post("/v1/documents/a/versions", R"({"label":"v"})").status, 201);
  ASSERT_EQ(send(Method::kDelete, "/v1/documents/a?erase=true").status, 204);
  const auto left = process_->db->write(storage::Context::tenant(kAlice),
                                        [](Transaction& tx) { return store::erase_all(tx, 100); });
  ASSERT_TRUE(left.ok());
  EXPECT_EQ(*left, 1);  // that its tokens have ended, with a digest of its name
}

TEST_P(DocumentsApiTest, ATenantIsExportedAndErasedWhole) {
  Writer writer(7);
  ASSERT_EQ(post("/v1/documents/a/update", writer.append("mine")).status, 200);
  ASSERT_EQ(send(Method::kPost, "/v1/documents/b/update", Writer(8).append("bob's"), kBob).status,
            200);
  const security::TenantData data = documents_tenant_data();
  std::vector<std::string> lines;
  const auto exported = process_->db->read(storage::Context::tenant(kAlice), [&](Transaction& tx) {
    return data.export_to(tx, [&](std::string_view line) {
      lines.emplace_back(line);
      return base::ok_status();
    });
  });
  ASSERT_TRUE(exported.ok());
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find(base::base64url_encode(writer.doc().encode())), std::string::npos);
  std::int64_t rows = 1;
  while (rows > 0) {
    const auto erased = process_->db->write(storage::Context::tenant(kAlice),
                                            [&](Transaction& tx) { return data.erase(tx, 1); });
    ASSERT_TRUE(erased.ok());
    rows = *erased;
  }
  EXPECT_EQ(send(Method::kGet, "/v1/documents", {}, kBob).at({"data", "0", "name"}), "b");
  EXPECT_EQ(get("/v1/documents").at({"data", "0", "name"}), "");
}

}  // namespace
}  // namespace ashlar::documents

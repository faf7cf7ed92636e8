// The table of wrong requests. A row: {name, send: parts for raw(), status, reason, field?, why?: the field's reason, closes?: the
// connection ends after the answer, answers?: statuses of all answers where there are several, before the wrong one's, not?: text
// that no answer's head may hold, nowhere?: text that no answer may hold}. status null: no answer at all, the connection is closed.
// `slow` rows want a server with timeouts of one second.

const kHost = "Host: ashlar.test\r\n";

export function badRequests({ key, code, cursors }) {
  const auth = `${kHost}Authorization: Bearer ${key}\r\n`;
  const bytes = (text) => (Buffer.isBuffer(text) ? text : Buffer.from(text, "utf8"));
  const request = (method, target, headers = "", body = "") =>
    Buffer.concat([bytes(`${method} ${target} HTTP/1.1\r\n${auth}${headers}${body.length ? `Content-Length: ${bytes(body).length}\r\n` : ""}\r\n`), bytes(body)]);
  const kJson = "Content-Type: application/json\r\n";
  const post = (body, headers = kJson) => request("POST", "/v1/links", headers, body);
  const line = (text) => `${text}\r\n${auth}\r\n`;
  const get = (target, headers) => request("GET", target, headers);
  const chunked = (body, headers = "") => `POST /v1/links HTTP/1.1\r\n${auth}${kJson}Transfer-Encoding: chunked\r\n${headers}\r\n${body}`;
  const ok = `GET /healthz HTTP/1.1\r\n${kHost}\r\n`;
  const url = "https://example.com/";
  const link = (fields) => post(JSON.stringify({ url, ...fields }));

  const rows = [];
  const row = (name, send, status, reason, more = {}) => rows.push({ name, send: Array.isArray(send) ? send : [send], status, reason, ...more });
  const closing = { closes: true };

  // The request line
  row("no request line at all", "GARBAGE\r\n\r\n", 400, "bad_request_line", closing);
  row("a TLS handshake on a plain port", Buffer.from("16030100c8010000c40303", "hex"), 400, "tls_handshake", closing);
  row("HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http2_preface", closing);
  row("HTTP/2.0", line("GET /healthz HTTP/2.0"), 505, "unsupported_version", closing);
  row("HTTP/1.2", line("GET /healthz HTTP/1.2"), 505, "unsupported_version", closing);
  row("HTTP/0.9", "GET /healthz\r\n\r\n", 505, "unsupported_version", closing);
  row("a version that is none", line("GET /healthz HTTQ/1.1"), 400, "bad_request_line", closing);
  row("two spaces", line("GET  /healthz HTTP/1.1"), 400, "bad_request_line", closing);
  row("a space in the target", line("GET /a b HTTP/1.1"), 400, "bad_request_line", closing);
  row("a method with a character that no token has", line("G@T /healthz HTTP/1.1"), 400, "bad_request_line", closing);
  row("a method of 100 letters", line(`${"A".repeat(100)} /healthz HTTP/1.1`), 400, "bad_request_line", closing);
  row("bare line feeds", "GET /healthz HTTP/1.1\nHost: x\n\n", 400, "bad_request_line", closing);
  row("empty lines without end", "\r\n\r\n\r\n\r\n\r\n", 400, "bad_request_line", closing);
  row("CONNECT", line("CONNECT example.com:443 HTTP/1.1"), 501, "unsupported_method", closing);

  // The target
  row("a control character in the target", line("GET /a\x01b HTTP/1.1"), 400, "bad_target", closing);
  row("a byte above ASCII in the target", Buffer.from(line("GET /\xe4 HTTP/1.1"), "latin1"), 400, "bad_target", closing);
  row("a target that is no path", line("GET links HTTP/1.1"), 400, "bad_target", closing);
  row("a whole URL with a host that is none", line("GET http://exa<mple/ HTTP/1.1"), 400, "bad_target", closing);
  row("a fragment in the target", line("GET /healthz#top HTTP/1.1"), 400, "bad_target", closing);
  row("% without digits", line("GET /v1/links/%zz HTTP/1.1"), 400, "bad_percent_encoding", closing);
  row("% at the end", line("GET /abc% HTTP/1.1"), 400, "bad_percent_encoding", closing);
  row("%00 in the path", line("GET /v1/links/ab%00c HTTP/1.1"), 400, "bad_percent_encoding", closing);
  row("a path that is no UTF-8", get("/v1/links/%ff%fe"), 400, "bad_path");
  row("a redirect whose code is no UTF-8", get("/%ff%fe"), 400, "bad_path");
  row("a target of 9,000 bytes", line(`GET /${"a".repeat(9000)} HTTP/1.1`), 414, "uri_too_long", closing);
  row("a path that ends in a slash", get("/v1/links/"), 404, "not_found");
  row("a path with an empty segment", get("//v1/links"), 404, "not_found");
  row("a path upwards", get("/v1/links/../keys"), 404, "not_found");
  row("a path upwards, encoded", get("/_/%2e%2e/%2e%2e/etc/passwd"), 404, undefined, { not: "root:" });
  row("a code with a line break", get("/ab%0d%0aSet-Cookie:%20x=1"), 404, "link_not_found", { not: "Set-Cookie" });
  row("a code that is too long", get(`/${"a".repeat(65)}`), 404, "link_not_found");

  // The header
  row("no Host", "GET /healthz HTTP/1.1\r\n\r\n", 400, "missing_host", closing);
  row("two Hosts", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad_host", closing);
  row("a Host that is none", "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "bad_host", closing);
  row("a Host with a port that is none", "GET /healthz HTTP/1.1\r\nHost: a:99999\r\n\r\n", 400, "bad_host", closing);
  row("a folded line", get("/healthz", "X-A: 1\r\n 2\r\n"), 400, "bad_header", closing);
  row("space before the colon", get("/healthz", "X-A : 1\r\n"), 400, "bad_header", closing);
  row("a field without a name", get("/healthz", ": 1\r\n"), 400, "bad_header", closing);
  row("a field without a colon", get("/healthz", "nonsense\r\n"), 400, "bad_header", closing);
  row("a control character in a field", get("/healthz", "X-A: 1\x0b2\r\n"), 400, "bad_header", closing);
  row("NUL in a field", get("/healthz", "X-A: 1\x002\r\n"), 400, "bad_header", closing);
  row("a bare carriage return in a field", get("/healthz", "X-A: 1\rX-B: 2\r\n"), 400, "bad_header", closing);
  row("a bare line feed in a field", get("/healthz", "X-A: 1\nX-B: 2\r\n"), 400, "bad_header", closing);
  row("100 fields", get("/healthz", "X-A: 1\r\n".repeat(100)), 431, "header_too_large", closing);
  row("a field of 40,000 bytes", get("/healthz", `X-A: ${"a".repeat(40_000)}\r\n`), 431, "header_too_large", closing);
  row("two Authorizations", get("/v1/links", "Authorization: Bearer x\r\n"), 400, "duplicate_header", closing);
  row("two content types", post("{}", kJson + "Content-Type: text/plain\r\n"), 400, "duplicate_header", closing);
  row("an expectation that is none", post("{}", "Expect: miracles\r\n"), 417, "bad_expectation", closing);

  // Where the request ends, or how: every way to smuggle one
  const length = (value, body = "{}") => `POST /v1/links HTTP/1.1\r\n${auth}${kJson}Content-Length: ${value}\r\n\r\n${body}`;
  for (const value of ["abc", "-1", "+5", "5, 5", "0x10", "5 5", "", "18446744073709551616", "1e3"]) {
    row(`Content-Length: ${value === "" ? "(empty)" : value}`, length(value), 400, "bad_content_length", closing);
  }
  row("two lengths that differ", `POST /v1/links HTTP/1.1\r\n${auth}Content-Length: 2\r\nContent-Length: 50\r\n\r\n{}${ok}`, 400, "conflicting_framing", closing);
  row("two lengths that are the same", `POST /v1/links HTTP/1.1\r\n${auth}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`, 400, "conflicting_framing", closing);
  row("length and chunks", `POST /v1/links HTTP/1.1\r\n${auth}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${ok}`, 400, "conflicting_framing", closing);
  row("chunks and length", `POST /v1/links HTTP/1.1\r\n${auth}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n${ok}`, 400, "conflicting_framing", closing);
  row("two Transfer-Encodings", chunked("0\r\n\r\n", "Transfer-Encoding: chunked\r\n"), 400, "conflicting_framing", closing);
  row("chunks in HTTP/1.0", `POST /v1/links HTTP/1.0\r\n${auth}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400, "conflicting_framing", closing);
  for (const coding of ["gzip, chunked", "identity", "chunked, identity", "xchunked", "chunked;q=1", '"chunked"', ""]) {
    row(`Transfer-Encoding: ${coding === "" ? "(empty)" : coding}`, `POST /v1/links HTTP/1.1\r\n${auth}Transfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`, 501, "unsupported_transfer_encoding", closing);
  }
  row("Transfer-Encoding with a space before the colon", `POST /v1/links HTTP/1.1\r\n${auth}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`, 400, "bad_header", closing);
  row("Transfer-Encoding with a control character", `POST /v1/links HTTP/1.1\r\n${auth}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`, 400, "bad_header", closing);
  row("a chunk without a size", chunked("hello\r\n"), 400, "bad_chunk", closing);
  row("a chunk's size with 0x", chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400, "bad_chunk", closing);
  row("a chunk's size below zero", chunked("-1\r\nhello\r\n0\r\n\r\n"), 400, "bad_chunk", closing);
  row("a chunk's size ended by a bare line feed", chunked("5\nhello\r\n0\r\n\r\n"), 400, "bad_chunk", closing);
  row("a chunk longer than it says", chunked("2\r\nhello\r\n0\r\n\r\n"), 400, "bad_chunk", closing);
  row("a chunk's size of 17 digits", chunked("00000000000000005\r\nhello\r\n0\r\n\r\n"), 400, "bad_chunk", closing);
  row("a chunk's size of 64 bits", chunked("ffffffffffffffff\r\n"), 413, "body_too_large", closing);
  row("a chunk's extension with a control character", chunked("2;a=\x01\r\n{}\r\n0\r\n\r\n"), 400, "bad_chunk", closing);
  row("a chunk's extension without end", chunked(`2;${"a".repeat(30_000)}\r\n`), 400, "bad_chunk", closing);
  row("many small chunks, in all too much", chunked(`8\r\n        \r\n`.repeat(20_000)), 413, "body_too_large", closing);
  row("a body of 10 MB, by its length", length(10_000_000, ""), 413, "body_too_large", closing);
  row("a body over the route's limit", post(`{"url":"${"a".repeat(70_000)}"}`), 413, "body_too_large", closing);
  row("a redirect with a body", request("GET", `/${code}`, "", "x"), 400, "unexpected_body", closing);
  row("a list with a body", request("GET", "/v1/links", kJson, "{}"), 400, "unexpected_body");

  // Several at once
  row("two good ones, a bad one, one that is never read", [ok + ok + line("GET /a b HTTP/1.1") + ok], 400, "bad_request_line", { answers: [200, 200, 400], closes: true });
  row("a wrong body in the middle of a pipeline", [Buffer.concat([bytes(ok), post("{"), bytes(ok)])], 400, "invalid_json", { answers: [200, 400, 200], at: 1 });
  row("a hidden request behind a body that is too short", [Buffer.concat([post("{}"), bytes("SMUGGLED / HTTP/9.9\r\n\r\n")])], 422, "invalid_request", { answers: [422, 505], at: 0 });
  row("after Connection: close nothing more is read", [`GET /v1/no-such HTTP/1.1\r\n${auth}Connection: close\r\n\r\n${ok}${ok}`], 404, "not_found", closing);

  // Half requests and early ends: no answer is owed, nothing happens
  row("half a head, then the end", ["GET /healthz HTTP/1.1\r\nHo", "END"], null);
  row("half a body, then the end", [length(100, '{"url":"https://example.com/half'), "END"], null);
  row("half a chunk, then the end", [chunked("50\r\n{\"url\""), "END"], null);
  row("nothing, then the end", ["END"], null);

  // JSON
  const json = (name, body, reason) => row(`JSON: ${name}`, post(body), 400, reason);
  json("nothing", " ", "invalid_json");
  row("JSON: no body", request("POST", "/v1/links", `${kJson}Content-Length: 0\r\n`), 400, "invalid_json");
  json("broken off", '{"url":"https://exam', "invalid_json");
  json("text after it", "{} {}", "invalid_json");
  json("single quotes", "{'url':'x'}", "invalid_json");
  json("a comma too many", `{"url":"${url}",}`, "invalid_json");
  json("a comment", `{"url":"${url}"/*x*/}`, "invalid_json");
  json("NaN", '{"url":NaN}', "invalid_json");
  json("a number with leading zeros", `{"url":"${url}","status":0302}`, "invalid_json");
  json("a byte order mark", `\ufeff{"url":"${url}"}`, "invalid_json");
  json("a line break in a string", '{"url":"https://example.com/\n"}', "invalid_json");
  json("half a surrogate pair", '{"url":"\\ud800"}', "invalid_json");
  json("an escape that is none", '{"url":"\\x41"}', "invalid_json");
  json("a byte that is no UTF-8", Buffer.from('{"url":"\xff"}', "latin1"), "invalid_utf8");
  json("overlong UTF-8", Buffer.from('{"url":"\xc0\xaf"}', "latin1"), "invalid_utf8");
  json("a surrogate in UTF-8", Buffer.from('{"url":"\xed\xa0\x80"}', "latin1"), "invalid_utf8");
  json("a key twice", `{"url":"${url}","url":"https://example.net/"}`, "duplicate_key");
  json("a key twice, once escaped", `{"url":"${url}","\\u0075rl":"https://example.net/"}`, "duplicate_key");
  json("a key twice, deep inside", `{"url":"${url}","x":{"a":{"b":1,"b":2}}}`, "duplicate_key");
  json("10,000 arrays inside each other", "[".repeat(10_000), "too_deep");
  json("10,000 objects inside each other", '{"a":'.repeat(10_000), "too_deep");
  json("U+0000", '{"url":"https://example.com/\\u0000"}', "nul_character");
  json("a whole number beyond 64 bits", `{"url":"${url}","status":99999999999999999999}`, "number_out_of_range");
  json("a number beyond a double", `{"url":"${url}","status":1e400}`, "number_out_of_range");
  json("30,000 values", `{"url":[${"0,".repeat(29_999)}0]}`, "too_many_values");

  // Fields
  const field = (name, send, pointer, why) => row(`field: ${name}`, send, 422, undefined, { field: pointer, why });
  for (const [name, body] of [["an array", "[]"], ["a string", '"x"'], ["a number", "1"], ["null", "null"]]) field(`${name} where an object is due`, post(body), "", "wrong_type");
  field("one that does not exist", link({ urll: "x" }), "/urll", "unknown_field");
  field("one that only the answer has", link({ short_url: "https://example.com/x" }), "/short_url", "unknown_field");
  field("__proto__", post(`{"url":"${url}","__proto__":{}}`), "/__proto__", "unknown_field");
  field("a name with / and ~", link({ "a/b~c": 1 }), "/a~1b~0c", "unknown_field");
  field("url left out", post("{}"), "/url", "required");
  field("url null", post('{"url":null}'), "/url", "null_not_allowed");
  field("url a number", post('{"url":7}'), "/url", "wrong_type");
  field("url an object", post('{"url":{}}'), "/url", "wrong_type");
  field("url empty", post('{"url":""}'), "/url", "target_empty");
  field("url of 5,000 bytes", link({ url: url + "a".repeat(5000) }), "/url", "target_too_long");
  field("url that grows too long when encoded", link({ url: url + "ä".repeat(1000) }), "/url", "target_too_long");
  field("url with a line break", link({ url: `${url}\r\nSet-Cookie: x=1` }), "/url", "target_characters");
  field("url with a tab", link({ url: `${url}\tx` }), "/url", "target_characters");
  field("url with a space", link({ url: `${url} x` }), "/url", "target_characters");
  field("url of javascript", link({ url: "javascript:alert(1)" }), "/url", "target_scheme");
  field("url of data", link({ url: "data:text/html,x" }), "/url", "target_scheme");
  field("url without a scheme", link({ url: "//example.com/" }), "/url", "target_scheme");
  field("url without a host", link({ url: "https:///path" }), "/url", "target_host");
  field("url with a backslash", link({ url: "https://example.com\\@evil.example/" }), "/url", undefined);
  field("url with a password", link({ url: "https://a:b@example.com/" }), "/url", "target_credentials");
  field("url with port 0", link({ url: "https://example.com:0/" }), "/url", "target_port");
  field("url with port 65536", link({ url: "https://example.com:65536/" }), "/url", "target_port");
  field("url with a port that is none", link({ url: "https://example.com:80a/" }), "/url", "target_malformed");
  field("url with a broken escape", link({ url: `${url}%zz` }), "/url", "target_encoding");
  field("url with a host beyond ASCII", link({ url: "https://exämple.com/" }), "/url", "target_host_not_ascii");
  field("status a string", link({ status: "302" }), "/status", "wrong_type");
  field("status a fraction", post(`{"url":"${url}","status":302.5}`), "/status", "wrong_type");
  field("status true", link({ status: true }), "/status", "wrong_type");
  field("status null", link({ status: null }), "/status", "null_not_allowed");
  field("status 200", link({ status: 200 }), "/status", "not_allowed");
  field("status below 64 bits", post(`{"url":"${url}","status":-9223372036854775808}`), "/status", "not_allowed");
  field("expires_at a word", link({ expires_at: "tomorrow" }), "/expires_at", "bad_timestamp");
  field("expires_at a number", link({ expires_at: 4102444800 }), "/expires_at", "wrong_type");
  field("expires_at a date", link({ expires_at: "2099-01-01" }), "/expires_at", "bad_timestamp");
  field("expires_at on February 30", link({ expires_at: "2099-02-30T00:00:00Z" }), "/expires_at", "bad_timestamp");
  field("expires_at without a zone", link({ expires_at: "2099-01-01T00:00:00" }), "/expires_at", "bad_timestamp");
  field("expires_at past", link({ expires_at: "2001-01-01T00:00:00Z" }), "/expires_at", "expires_in_past");
  field("code a number", link({ code: 123 }), "/code", "wrong_type");
  field("code with a line break", link({ code: "abc\r\nSet-Cookie: x=1" }), "/code", "code_malformed");
  field("code with a slash", link({ code: "a/b/c" }), "/code", "code_malformed");
  field("code beyond ASCII", link({ code: "äöü" }), "/code", "code_malformed");
  field("code of 60,000 characters", link({ code: "a".repeat(60_000) }), "/code", "code_malformed");
  field("code reserved", link({ code: "metrics" }), "/code", "code_reserved");
  row("two wrong fields: both are named", link({ url: "ftp://x", code: "!" }), 422, "invalid_request", { fields: ["/url", "/code"] });
  const patch = (body, headers = "") => request("PATCH", `/v1/links/${code}`, kJson + headers, body);
  field("a change of the code", patch('{"code":"other"}'), "/code", "unknown_field");
  field("enabled a word", patch('{"enabled":"no"}'), "/enabled", "wrong_type");
  field("enabled null", patch('{"enabled":null}'), "/enabled", "null_not_allowed");
  field("a change to no url", patch('{"url":null}'), "/url", "null_not_allowed");
  const keys = (body) => request("POST", "/v1/keys", kJson, body);
  field("no scopes", keys('{"scopes":[]}'), "/scopes", "too_few_items");
  field("65 scopes", keys(JSON.stringify({ scopes: Array(65).fill("links:read") })), "/scopes", "too_many_items");
  field("scopes a string", keys('{"scopes":"links:read"}'), "/scopes", "wrong_type");
  field("a scope that is a number", keys('{"scopes":["links:read",7]}'), "/scopes/1", "wrong_type");
  field("a scope that does not exist", keys('{"scopes":["no:such"]}'), "/scopes/0", "not_allowed");
  field("a key's name with a control character", keys('{"name":"a\\u0007b","scopes":["links:read"]}'), "/name", "bad_format");
  field("a key's name that is too long", keys(JSON.stringify({ name: "n".repeat(101), scopes: ["links:read"] })), "/name", "too_long");
  field("a key that has expired at its birth", keys('{"scopes":["links:read"],"expires_at":"2001-01-01T00:00:00Z"}'), "/expires_at", "out_of_range");

  // Types of content
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx", "application/json-patch+json"]) {
    row(`Content-Type: ${type}`, post(`{"url":"${url}"}`, `Content-Type: ${type}\r\n`), 415, "unsupported_media_type");
  }
  row("a compressed body", post(`{"url":"${url}"}`, kJson + "Content-Encoding: gzip\r\n"), 415, "unsupported_media_type");

  // Methods
  for (const [method, target] of [["PUT", "/v1/links"], ["DELETE", `/v1/links/${code}`], ["BREW", "/v1/links"], ["TRACE", "/healthz"], ["POST", `/${code}`], ["get", "/healthz"]]) {
    row(`${method} ${target}`, request(method, target), 405, "method_not_allowed", { allow: true });
  }

  // Queries and cursors
  const query = (text, parameter, why, reason) => row(`query: ${text.slice(0, 40)}`, get(`/v1/links?${text}`), 400, reason, { field: parameter, why });
  for (const limit of ["0", "-1", "101", "abc", "1e1", "", "99999999999999999999", "+5", "5%20"]) query(`limit=${limit}`, "?limit", "out_of_range", "invalid_request");
  query("cursor=abc", "?cursor", "invalid_cursor", "invalid_cursor");
  query("cursor=", "?cursor", "invalid_cursor", "invalid_cursor");
  query(`cursor=${"A".repeat(2000)}`, "?cursor", "invalid_cursor", "invalid_cursor");
  for (const [what, cursor] of Object.entries(cursors)) row(`cursor: ${what}`, get(`/v1/links?cursor=${cursor}`), 400, "invalid_cursor", { field: "?cursor" });
  query("surplus=1", "?surplus", "unknown_parameter", "invalid_request");
  query("limit=5&limit=6", "?limit", "duplicate_parameter", "bad_query");
  query("=5", "?", "empty_name", "bad_query");
  query("q=%ff", "?q", "bad_utf8", "bad_query");
  query(Array.from({ length: 40 }, (_, i) => `p${i}=1`).join("&"), "?", "too_many_parameters", "bad_query");
  query("enabled=yes", "?enabled", "not_allowed", "invalid_request");
  query(`q=${"a".repeat(300)}`, "?q", "too_long", "invalid_request");
  row("query: a broken escape", get("/v1/links?q=%zz"), 400, "bad_percent_encoding", closing);
  row("a parameter where none is taken", get(`/v1/links/${code}?full=1`), 400, "invalid_request", { field: "?full" });

  // Ids
  for (const id of ["abc", "0", "-5", "007", "99999999999999999999", "1%20", "%00".replace("%00", "%F0%9F%92%A9")]) row(`a key's id: ${id}`, request("DELETE", `/v1/keys/${id}`), 404, "key_not_found");
  row("a link that is not there", get("/v1/links/no-such-link"), 404, "link_not_found");
  row("a link whose code is none", get("/v1/links/%C3%A4%20b"), 404, "link_not_found");
  row("a change of a link that is not there", request("PATCH", "/v1/links/no-such-link", kJson, "{}"), 404, "link_not_found");

  // Conditions and keys of idempotency
  row("If-Match without quotes", patch("{}", "If-Match: v1\r\n"), 400, "bad_if_match");
  row("If-Match with an open quote", patch("{}", 'If-Match: "v1\r\n'), 400, "bad_if_match");
  row("If-Match twice", patch("{}", 'If-Match: "v1"\r\nIf-Match: "v2"\r\n'), 400, "duplicate_header", closing);
  row("If-Match of another version", patch('{"enabled":true}', 'If-Match: "v999"\r\n'), 412, "etag_mismatch");
  for (const [what, value] of [["with a space", "a b"], ["with an open quote", '"abc'], ["of 256 characters", "k".repeat(256)], ["beyond ASCII", "\xe4"]]) {
    row(`Idempotency-Key ${what}`, Buffer.from(post(`{"url":"${url}"}`, `${kJson}Idempotency-Key: ${value}\r\n`).toString("latin1"), "latin1"), 400, "bad_idempotency_key");
  }
  row("Idempotency-Key twice", post(`{"url":"${url}"}`, `${kJson}Idempotency-Key: a\r\nIdempotency-Key: b\r\n`), 400, "duplicate_header", closing);

  // Who asks
  const as = (authorization) => `GET /v1/links HTTP/1.1\r\n${kHost}${authorization}\r\n`;
  row("no key", as(""), 401, "missing_credentials");
  row("another scheme", as("Authorization: Basic dTpw\r\n"), 401, "bad_authorization");
  row("a key that is none", as("Authorization: Bearer nonsense\r\n"), 401, "invalid_api_key");
  row("a key with a byte that no key has", as("Authorization: Bearer abc\xffdef\r\n"), 401, "bad_authorization");
  row("a session that is none", as("Cookie: ashlar_session=nonsense\r\nAshlar-Tenant: demo\r\n"), 401, "session_ended");
  row("a key of 10,000 characters", as(`Authorization: Bearer ${"a".repeat(10_000)}\r\n`), 401, "invalid_api_key");

  // Slow ones
  const slow = (name, send, status, reason, more) => row(name, send, status, reason, { slow: true, ...more });
  slow("a head that does not go on", ["GET /healthz HTTP/1.1\r\nHo"], 408, "request_timeout", closing);
  slow("a body that does not go on", [length(100, '{"url"')], 408, "request_timeout", closing);
  slow("a head byte by byte", [...Array.from("GET /healthz HTTP/1.1\r\nHost: x").flatMap((c) => [c, 80])], 408, "request_timeout", closing);
  slow("a body byte by byte", [length(100, ""), ...Array.from('{"url":"https://example.com/slow').flatMap((c) => [c, 80])], 408, "request_timeout", closing);
  slow("nothing at all", [], null);
  slow("nothing more after an answer", [ok], null, undefined, { answers: [200] });

  // Limits
  const limits = (path, body, method = "POST") => request(method, `/v1/limits/${path}`, kJson, typeof body === "string" ? body : JSON.stringify(body));
  const invalid = (field, why) => ({ field, why });
  const check = (name, body, field, why) => row(`a check ${name}`, limits("check", body), 422, "invalid_request", invalid(field, why));
  check("without attributes", {}, "/attributes", "required");
  check("whose attributes are a list", { attributes: [] }, "/attributes", "wrong_type");
  check("with an attribute that is a number", { attributes: { user: 7 } }, "/attributes/user", "wrong_type");
  check("with an empty attribute", { attributes: { user: "" } }, "/attributes/user", "too_short");
  check("with an attribute of 257 bytes", { attributes: { user: "a".repeat(257) } }, "/attributes/user", "too_long");
  check("with a name that is none", { attributes: { "a b": "x" } }, "/attributes/a b", "bad_format");
  check("with an address that is none", { attributes: { address: "999.1.1.1" } }, "/attributes/address", "bad_address");
  check("with 17 attributes", { attributes: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`a${i}`, "x"])) }, "/attributes", "too_many_items");
  check("that costs less than nothing", { attributes: {}, cost: -1 }, "/cost", "out_of_range");
  check("with a field that is none", { attributes: {}, hits: 1 }, "/hits", "unknown_field");
  row("no check in a batch", limits("batch", { checks: [] }), 422, "invalid_request", invalid("/checks", "too_few_items"));
  row("1,001 checks in a batch", limits("batch", { checks: Array(1001).fill({ attributes: {} }) }), 422, "invalid_request", invalid("/checks", "too_many_items"));
  row("a wrong check in a batch", limits("batch", { checks: [{ attributes: {} }, { attributes: { user: 1 } }] }), 422, "invalid_request", invalid("/checks/1/attributes/user", "wrong_type"));
  row("a reservation for longer than an hour", limits("reserve", { attributes: {}, ttl_ms: 3_600_001 }), 422, "invalid_request", invalid("/ttl_ms", "out_of_range"));
  row("settling what was never reserved", limits("settle", { reservation: "AQAW", used: 1 }), 422, "reservation_invalid");
  row("settling nothing", limits("settle", { used: 1 }), 422, "invalid_request", invalid("/reservation", "required"));
  const rule = (name, fields, field, why) => row(`a rule ${name}`, limits("rules", { rules: [{ name: "a", limit: 1, per: "second", ...fields }] }, "PUT"), 422, "invalid_rules", invalid(`/rules/0${field}`, why));
  rule("without a limit", { limit: undefined }, "/limit", "required");
  rule("without a period", { per: undefined }, "/per", "period_missing");
  rule("with two periods", { period_ms: 5 }, "/period_ms", "period_twice");
  rule("with a name that is none", { name: "a b" }, "/name", "bad_format");
  rule("with an algorithm that is none", { algorithm: "leaky" }, "/algorithm", "not_allowed");
  rule("whose window has a burst", { algorithm: "fixed_window", burst: 2 }, "/burst", "not_for_windows");
  rule("with a star in the middle", { where: { user: "a*b" } }, "/where/user", "bad_pattern");
  rule("with a block that is none", { where: { address: "10.0.0.0/33" } }, "/where/address", "bad_address");
  rule("with a field that is none", { unit: "x" }, "/unit", "unknown_field");
  rule("that would take 36 years to fill", { per: "day", burst: 2 ** 53 }, "/burst", "fill_too_long");
  row("rules that are no object", limits("rules", [], "PUT"), 422, "invalid_rules", invalid("", "wrong_type"));
  row("rules cut off", limits("rules", '{"rules":[', "PUT"), 400, "invalid_json");
  row("a version that there is not", get("/v1/limits/rules/versions/999999"), 404, "version_not_found");
  row("back to a version that there is not", limits("rules/rollback", { version: 999_999 }), 404, "version_not_found");
  row("usage of a rule that there is not", get("/v1/limits/usage/rule?rule=none"), 404, "rule_not_found");

  // Payments
  const pay = (path, body, method = "POST", idempotency = "Idempotency-Key: bad-1\r\n") =>
    request(method, `/v1/${path}`, `${kJson}${idempotency}`, typeof body === "string" ? body : JSON.stringify(body));
  const payment = (name, fields, field, why) => row(`a payment ${name}`, pay("payments", { amount: 1050, currency: "EUR", ...fields }), 422, "invalid_request", invalid(field, why));
  payment("without an amount", { amount: undefined }, "/amount", "required");
  payment("of nothing", { amount: 0 }, "/amount", "out_of_range");
  payment("of less than nothing", { amount: -5 }, "/amount", "out_of_range");
  payment("of half a cent", { amount: 0.5 }, "/amount", "wrong_type");
  payment("of more than a number in JavaScript holds", { amount: 2 ** 53 }, "/amount", "out_of_range");
  payment("whose amount is a text", { amount: "1050" }, "/amount", "wrong_type");
  payment("without a currency", { currency: undefined }, "/currency", "required");
  payment("in a currency of four letters", { currency: "EURO" }, "/currency", "too_long");
  payment("captured at some time", { capture: "later" }, "/capture", "not_allowed");
  payment("with a card", { card: {} }, "/card", "unknown_field");
  payment("with metadata that is a list", { metadata: [] }, "/metadata", "wrong_type");
  row("a payment in a currency of signs", pay("payments", { amount: 5, currency: "€€€" }), 422, "currency_invalid", { field: "/currency" });
  row("a payment in a currency that is none", pay("payments", { amount: 5, currency: "ZZZ" }), 422, "currency_invalid", { field: "/currency", why: "currency_invalid" });
  row("a payout in a currency that is none", pay("payouts", { amount: 5, currency: "ZZZ" }), 422, "currency_invalid", { field: "/currency" });
  row("a payment with a number in its metadata", pay("payments", { amount: 5, currency: "EUR", metadata: { a: 1 } }), 422, "metadata_invalid", { field: "/metadata" });
  row("a payment with a card number", pay("payments", { amount: 5, currency: "EUR", payment_method: "4242424242424242" }), 422, "card_number_refused", { nowhere: "4242" });
  row("a payment without an Idempotency-Key", pay("payments", { amount: 5, currency: "EUR" }, "POST", ""), 400, "idempotency_key_required");
  row("a payment under a key with a blank", pay("payments", { amount: 5, currency: "EUR" }, "POST", "Idempotency-Key: a b\r\n"), 400, "bad_idempotency_key");
  row("a payment that is not there", get("/v1/payments/pay_0000000000000000000000"), 404, "payment_not_found");
  for (const id of ["abc", "pay_", "%F0%9F%92%A9", "pay_x%00".replace("%00", "")]) row(`a payment's id: ${id}`, get(`/v1/payments/${id}`), 404, "payment_not_found");
  row("confirming what is not there", pay("payments/pay_none/confirm", {}), 404, "payment_not_found");
  row("capturing nothing", pay("payments/pay_none/capture", { amount: 0 }), 422, "invalid_request", invalid("/amount", "out_of_range"));
  row("refunding what is not there", pay("payments/pay_none/refunds", { amount: 1 }), 404, "payment_not_found");
  row("refunding nothing", pay("payments/pay_none/refunds", { amount: 0 }), 422, "invalid_request", invalid("/amount", "out_of_range"));
  row("changing a payment that is not there", pay("payments/pay_none", { description: "x" }, "PATCH", ""), 404, "payment_not_found");
  row("the story of nothing", get("/v1/payments/pay_none/explain"), 404, "payment_not_found");
  row("payments in a state that is none", get("/v1/payments?state=paid"), 400, "invalid_request", invalid("?state", "not_allowed"));
  row("payments from a time that is none", get("/v1/payments?created_from=yesterday"), 400, "invalid_request", invalid("?created_from", "bad_timestamp"));
  row("payments after a cursor that is none", get("/v1/payments?cursor=abc"), 400, "invalid_cursor");
  row("a dispute that is not there", get("/v1/disputes/dp_none"), 404, "dispute_not_found");
  row("a customer that is not there", get("/v1/customers/cus_none"), 404, "customer_not_found");
  row("a payment method that is not there", get("/v1/payment-methods/pm_none"), 404, "method_not_found");
  row("a payment method without a token", pay("payment-methods", {}), 422, "invalid_request", invalid("/token", "required"));
  row("a payout that is not there", get("/v1/payouts/po_none"), 404, "payout_not_found");
  row("a payout of what there is not", pay("payouts", { amount: 1_000_000, currency: "XAF" }), 409, "balance_insufficient");
  row("a webhook that no provider has signed", request("POST", "/v1/payments/webhooks/sandbox", kJson, '{"id":"x"}'), 401, "notice_signature");
  row("a webhook of a provider that is none", request("POST", "/v1/payments/webhooks/nobody", kJson, "{}"), 404, "provider_not_found");

  // Card numbers in what a book keeps for ever: refused, and in no answer
  const refused = (name, send, field) => row(`a card number in ${name}`, send, 422, "invalid_request", { field, why: "card_number_refused", nowhere: "4242" });
  const kCard = "4242 4242 4242 4242";
  const account = (fields) => pay("ledger/accounts", { id: "x", currency: "EUR", ...fields });
  const transfer = (fields) => pay("ledger/transfers", { transfers: [{ id: "x", debit_account_id: "a", credit_account_id: "b", amount: 1, ...fields }] });
  refused("an account's name", account({ name: `Ada, ${kCard}` }), "/name");
  refused("an account's metadata", account({ metadata: { note: { card: kCard } } }), "/metadata");
  refused("an account's id", account({ id: "4242-4242-4242-4242" }), "/id");
  refused("the second of two accounts", pay("ledger/accounts", { accounts: [{ id: "x", currency: "EUR" }, { id: "y", currency: "EUR", name: kCard }] }), "/accounts/1/name");
  refused("a transfer's code", transfer({ code: "4242424242424242" }), "/transfers/0/code");
  refused("a transfer's metadata", transfer({ metadata: { pan: "4242424242424242" } }), "/transfers/0/metadata");
  refused("a transfer's id", transfer({ id: "4242424242424242" }), "/transfers/0/id");
  const under = (path, body) => pay(path, body, "POST", "Idempotency-Key: 4242-4242-4242-4242\r\n");
  const refusedKey = (name, send) => row(`a card number for the key of ${name}`, send, 422, "card_number_refused", { field: "Idempotency-Key", why: "card_number_refused", nowhere: "4242" });
  refusedKey("a transfer", under("ledger/transfers", { transfers: [{ id: "x", debit_account_id: "a", credit_account_id: "b", amount: 1 }] }));
  refusedKey("a payment", under("payments", { amount: 5, currency: "EUR" }));
  row("a card number in the note to a break", pay("reconciliations/rec_sandbox_20261121/items/1/resolve", { resolution: "explained", note: kCard }, "POST", ""), 422, "card_number_refused", { field: "/note", nowhere: "4242" });
  return rows;
}

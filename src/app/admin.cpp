#include "app/admin.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "app/prometheus.hpp"
#include "app/version.hpp"
#include "base/text.hpp"
#include "proto/ng/json.hpp"

namespace app {
namespace {

constexpr std::string_view calls_path = "/v1/calls", associations_path = "/v1/associations";

net::HttpResponse json(unsigned status, const ng::Dictionary& dictionary) {
  net::HttpResponse out{status, "application/json", {}};
  ng::print_json(dictionary, out.body);
  out.body.push_back('\n');
  return out;
}

net::HttpResponse json_error(unsigned status, std::string_view reason) {
  ng::Dictionary out;
  out.set("error", reason);
  return json(status, out);
}

net::HttpResponse not_found(std::string_view path) {
  return json_error(404, "there is nothing at " + base::printable(path));
}

/// RFC 9110 15.5.6 wants an Allow field; the text names the methods, which is what people read.
net::HttpResponse not_allowed(std::string_view methods) {
  return json_error(405, "only " + std::string(methods) + " is possible here");
}

/// The value of `name` in the target's query; empty where there is none.
std::string_view query_value(std::string_view target, std::string_view name) {
  base::take_until(target, '?');
  while (!target.empty()) {
    auto pair = base::take_until(target, '&');
    if (base::take_until(pair, '=') == name) return pair;
  }
  return {};
}

net::HttpResponse version_response() {
  ng::Dictionary out;
  out.set("version", version);
  return json(200, out);
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto plain = text.substr(0, text.find('%'));
    out.append(plain);
    text.remove_prefix(plain.size());
    if (text.empty()) break;
    const auto octet = text.size() < 3 ? std::nullopt : base::from_hex(text.substr(1, 2));
    if (!octet) return std::nullopt;
    out.append(*octet);
    text.remove_prefix(3);
  }
  return out;
}

void Admin::on_request(const net::HttpRequest& request, net::HttpRespond respond) {
  const auto path = request.path();
  if (path.starts_with(associations_path) && actions_.associations)
    return on_association(request, path.substr(associations_path.size()), respond);
  if (path == calls_path && actions_.execute) return on_calls(request, std::move(respond));
  if (path.starts_with("/v1/calls/") && actions_.execute) {
    auto id = percent_decode(path.substr(calls_path.size() + 1));
    if (!id || id->empty()) return respond(json_error(400, "expected a percent-encoded call-id"));
    return on_call(request, *std::move(id), std::move(respond));
  }
  const bool known = path == "/healthz" || path == "/metrics" || path == "/v1/version";
  if (!known) return respond(not_found(path));
  if (request.method != "GET") return respond(not_allowed("GET"));
  if (path == "/v1/version") return respond(version_response());
  if (path == "/healthz") {
    const bool draining = actions_.draining();
    return respond({draining ? 503U : 200U, "text/plain; charset=utf-8", draining ? "draining\n" : "ok\n"});
  }
  actions_.metrics([respond = std::move(respond)](std::string text) {
    respond({200, std::string(MetricsText::content_type), std::move(text)});
  });
}

/// `path`: behind "/v1/associations".
void Admin::on_association(const net::HttpRequest& request, std::string_view path,
                           const net::HttpRespond& respond) {
  if (path.empty()) {
    if (request.method != "GET") return respond(not_allowed("GET"));
    return respond(json(200, actions_.associations()));
  }
  constexpr std::string_view trace_on = "/trace/on", trace_off = "/trace/off";
  const bool on = path.ends_with(trace_on);
  const auto action = on ? trace_on : trace_off;
  if (!path.starts_with('/') || !path.ends_with(action)) return respond(not_found(request.path()));
  if (request.method != "POST") return respond(not_allowed("POST"));
  path.remove_suffix(action.size());
  const auto name = percent_decode(path.substr(std::min<std::size_t>(1, path.size())));
  if (!name || name->empty()) return respond(json_error(400, "expected a percent-encoded association"));
  if (!actions_.trace(*name, on)) return respond(json_error(404, "there is no such association"));
  ng::Dictionary out;
  out.set("trace", on ? "on" : "off");
  respond(json(200, out));
}

void Admin::on_calls(const net::HttpRequest& request, net::HttpRespond respond) {
  if (request.method != "GET") return respond(not_allowed("GET"));
  ng::Request list;
  list.command = ng::Command::list;
  if (const auto limit = query_value(request.target, "limit"); !limit.empty()) {
    list.limit = base::parse_uint<std::uint32_t>(limit);
    if (!list.limit) return respond(json_error(400, "limit: expected a number"));
  }
  actions_.execute(list, [this, respond = std::move(respond)](const ng::Value& reply) {
    if (reply.dictionary() == nullptr) return respond(json_error(500, "the controller gave no answer"));
    with_details(*reply.dictionary(), respond);
  });
}

/// A call that has gone meanwhile has no details.
void Admin::with_details(ng::Dictionary list, net::HttpRespond respond) {
  struct Pending {
    ng::Dictionary list;
    std::vector<ng::Value> details;  // in the order of the calls; empty text: none yet
    net::HttpRespond respond;
    std::size_t left = 1;
    void one_less() {
      if (--left > 0) return;
      ng::List found;
      for (auto& each : details)
        if (each.dictionary() != nullptr && each.dictionary()->text("result") == "ok")
          found.push_back(std::move(each));
      list.set("details", std::move(found));
      respond(json(200, list));
    }
  };
  const auto pending = std::make_shared<Pending>();
  if (const auto* calls = list.find("calls"); calls != nullptr && calls->list() != nullptr)
    pending->details.resize(std::min(calls->list()->size(), max_details));
  pending->list = std::move(list);
  pending->respond = std::move(respond);
  for (std::size_t i = 0; i < pending->details.size(); ++i) {
    ng::Request query;
    query.command = ng::Command::query;
    query.call_id = *pending->list.find("calls")->list()->at(i).string();
    ++pending->left;
    actions_.execute(query, [pending, i](ng::Value reply) {
      pending->details[i] = std::move(reply);
      pending->one_less();
    });
  }
  pending->one_less();
}

void Admin::on_call(const net::HttpRequest& request, std::string id, net::HttpRespond respond) {
  if (request.method != "GET" && request.method != "DELETE") return respond(not_allowed("GET or DELETE"));
  ng::Request command;
  command.command = request.method == "GET" ? ng::Command::query : ng::Command::delete_call;
  command.call_id = std::move(id);
  if (command.command == ng::Command::delete_call) command.flags = {"tell-proxy"};
  execute(command, std::move(respond));
}

/// NG says "unknown call" as an error of `query` and as a warning of `delete`; to HTTP both are 404.
void Admin::execute(const ng::Request& request, net::HttpRespond respond) {
  actions_.execute(request, [respond = std::move(respond)](const ng::Value& reply) {
    const auto* dictionary = reply.dictionary();
    if (dictionary == nullptr) return respond(json_error(500, "the controller gave no answer"));
    if (dictionary->text("result") != "ok") return respond(json_error(404, dictionary->text("error-reason")));
    if (dictionary->find("warning") != nullptr) return respond(json_error(404, dictionary->text("warning")));
    respond(json(200, *dictionary));
  });
}

}  // namespace app

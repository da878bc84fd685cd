#include "app/ctl_http.hpp"

#include <optional>
#include <utility>

#include "app/config.hpp"
#include "base/text.hpp"
#include "net/control_loop.hpp"
#include "net/http_client.hpp"
#include "proto/ng/json.hpp"

namespace app {
namespace {

CtlError usage(std::string reason) {
  return {std::move(reason), exit_usage};
}

/// HOST:PORT and nothing that would make another URL of it.
bool is_authority(std::string_view text) {
  const auto colon = text.rfind(':');
  return colon != text.npos && base::parse_uint<std::uint16_t>(text.substr(colon + 1)) &&
         text.find_first_of("/?#@") == text.npos && net::HttpClient::is_url("http://" + std::string(text));
}

bool is_unreserved(char c) {
  return base::is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out.push_back(c);
    } else {
      out.append("%").append(base::to_hex({&c, 1}));
    }
  }
  return out;
}

/// An answer may be longer than an NG frame, which has the default limits; it is as deep as a query's.
constexpr ng::Limits reply_limits{.max_size = net::HttpClient::max_body, .max_elements = 1'000'000};

}  // namespace

base::Result<std::string, CtlError> admin_address(const CtlArguments& arguments) {
  if (!arguments.admin.empty()) {
    if (!arguments.config.empty()) return usage("--admin and --config: only one of them");
    if (!is_authority(arguments.admin))
      return usage("--admin: expected HOST:PORT, not '" + arguments.admin + "'");
    return arguments.admin;
  }
  if (arguments.config.empty()) return Config{}.admin.listen;
  const auto config = load_config(arguments.config);
  if (!config) return usage(config.error().reason);
  if (!is_authority(config->admin.listen))  // empty, or a port that the kernel chooses
    return usage(arguments.config + ": admin.listen: expected ADDRESS:PORT to ask at, it is \"" +
                 config->admin.listen + "\"");
  return config->admin.listen;
}

base::Result<net::HttpResponse, CtlError> ask_admin(std::string_view admin, std::string_view method,
                                                    std::string_view path, base::Duration timeout) {
  const auto url = "http://" + std::string(admin) + std::string(path);
  net::ControlLoop loop;
  net::HttpClient client(loop);
  std::optional<base::Result<net::HttpResponse, CtlError>> answer;
  const auto done = [&](base::Result<net::HttpResponse, net::HttpError> outcome) {
    if (outcome) answer.emplace(std::move(*outcome));
    if (!outcome) answer.emplace(CtlError{outcome.error().reason});
    loop.stop();
  };
  if (method == "DELETE") {
    client.remove(url, timeout, done);
  } else if (method == "POST") {
    client.post(url, "application/json", {}, timeout, done);
  } else {
    client.get(url, timeout, done);
  }
  loop.run();
  return *answer;
}

base::Result<ng::Dictionary, CtlError> read_reply(const net::HttpResponse& response) {
  const auto value = ng::parse_json(response.body, reply_limits);
  const auto* dictionary = value ? value->dictionary() : nullptr;
  const auto status = "status " + std::to_string(response.status);
  if (dictionary == nullptr) return CtlError{status + ", and the answer is not Postern's"};
  if (response.status == 200) return *dictionary;
  const auto error = dictionary->text("error");
  return CtlError{error.empty() ? status : std::string(error)};
}

std::string call_path(std::string_view call_id) {
  return "/v1/calls/" + percent_encoded(call_id);
}

std::string association_path(std::string_view association) {
  return "/v1/associations/" + percent_encoded(association);
}

}  // namespace app

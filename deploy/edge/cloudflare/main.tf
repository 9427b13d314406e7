# NOT APPLIED: written from Cloudflare's documentation for a zone that nobody has lent us. Its syntax and its paths are checked
# by test/deploy/cloudflare.test.ts; what the provider and the plan accept is not. See README.md beside it.
terraform {
  required_version = ">= 1.5"
  required_providers {
    cloudflare = {
      source  = "cloudflare/cloudflare"
      version = "~> 5.0"
    }
  }
}

variable "zone_id" {
  type        = string
  description = "The zone of the fans' host name."
}

variable "host" {
  type        = string
  description = "The host fans use, e.g. tickets.example.com."
}

variable "origin" {
  type        = string
  description = "Host name of the balancer in front of the nodes."
}

variable "logins_per_10s" {
  type        = number
  default     = 50
  description = "Sign-ins by address (and data centre) in ten seconds. A mobile network is many fans behind one address."
}

variable "joins_per_10s" {
  type        = number
  default     = 50
  description = "Joins by address in ten seconds."
}

locals {
  on_host = "http.host eq \"${var.host}\""
  # Frame, draw, events, seats, public keys: the same for everybody.
  public = "http.request.method in {\"GET\" \"HEAD\"} and (http.request.uri.path eq \"/v1/events\" or http.request.uri.path eq \"/v1/tickets/keys\" or http.request.uri.path matches \"^/v1/events/[^/]+(/(line|draw|lanes/[^/]+/draw|sections/[^/]+/seats))?$\")"
  assets = "starts_with(http.request.uri.path, \"/assets/\")"
  hidden = "starts_with(http.request.uri.path, \"/v1/operator\") or starts_with(http.request.uri.path, \"/operator\") or starts_with(http.request.uri.path, \"/internal\") or http.request.uri.path in {\"/metrics\" \"/readyz\"}"
}

resource "cloudflare_dns_record" "fans" {
  zone_id = var.zone_id
  name    = var.host
  type    = "CNAME"
  content = var.origin
  proxied = true
  ttl     = 1
}

# One tier asks the origin for all data centres: without it each of hundreds would ask once a second.
resource "cloudflare_tiered_cache" "this" {
  zone_id = var.zone_id
  value   = "on"
}

resource "cloudflare_ruleset" "cache" {
  zone_id = var.zone_id
  name    = "Catraca: what is public"
  kind    = "zone"
  phase   = "http_request_cache_settings"
  rules = [
    {
      description = "Everything else is somebody's own"
      expression  = local.on_host
      action      = "set_cache_settings"
      action_parameters = {
        cache = false
      }
    },
    {
      description = "Public answers live as long as the node says; a query is no way past the cache"
      expression  = "${local.on_host} and ${local.public}"
      action      = "set_cache_settings"
      action_parameters = {
        cache       = true
        edge_ttl    = { mode = "respect_origin" }
        browser_ttl = { mode = "respect_origin" }
        serve_stale = { disable_stale_while_updating = false }
        cache_key = {
          custom_key = {
            query_string = { exclude = { all = true } }
          }
        }
      }
    },
    {
      description = "Assets are named after their contents"
      expression  = "${local.on_host} and ${local.assets}"
      action      = "set_cache_settings"
      action_parameters = {
        cache       = true
        edge_ttl    = { mode = "respect_origin" }
        browser_ttl = { mode = "respect_origin" }
      }
    },
  ]
}

resource "cloudflare_ruleset" "limits" {
  zone_id = var.zone_id
  name    = "Catraca: limits by address"
  kind    = "zone"
  phase   = "http_ratelimit"
  rules = [
    {
      description = "Sign-ins"
      expression  = "${local.on_host} and http.request.method eq \"POST\" and http.request.uri.path eq \"/v1/fans\""
      action      = "block"
      action_parameters = {
        response = {
          status_code  = 429
          content_type = "application/json"
          content      = "{\"type\":\"urn:catraca:problem:rate_limited\",\"title\":\"Too many requests from here.\",\"status\":429,\"code\":\"rate_limited\"}"
        }
      }
      ratelimit = {
        characteristics     = ["ip.src", "cf.colo.id"]
        period              = 10
        requests_per_period = var.logins_per_10s
        mitigation_timeout  = 10
      }
    },
    {
      description = "Joins"
      expression  = "${local.on_host} and http.request.method eq \"POST\" and http.request.uri.path matches \"^/v1/events/[^/]+/line(/recovery|/ready)?$\""
      action      = "block"
      action_parameters = {
        response = {
          status_code  = 429
          content_type = "application/json"
          content      = "{\"type\":\"urn:catraca:problem:rate_limited\",\"title\":\"Too many requests from here.\",\"status\":429,\"code\":\"rate_limited\"}"
        }
      }
      ratelimit = {
        characteristics     = ["ip.src", "cf.colo.id"]
        period              = 10
        requests_per_period = var.joins_per_10s
        mitigation_timeout  = 10
      }
    },
  ]
}

resource "cloudflare_ruleset" "firewall" {
  zone_id = var.zone_id
  name    = "Catraca: not for fans"
  kind    = "zone"
  phase   = "http_request_firewall_custom"
  rules = [
    {
      description = "Operators and machines come in elsewhere"
      expression  = "${local.on_host} and (${local.hidden})"
      action      = "block"
    },
  ]
}

resource "cloudflare_ruleset" "managed" {
  zone_id = var.zone_id
  name    = "Catraca: managed rules"
  kind    = "zone"
  phase   = "http_request_firewall_managed"
  rules = [
    {
      description = "Cloudflare's managed rules; not for the payment gateway, whose bodies are signed"
      expression  = "${local.on_host} and not starts_with(http.request.uri.path, \"/v1/payments/webhooks/\")"
      action      = "execute"
      action_parameters = {
        id = "efb7b8c949ac4650a09736fc376e9aee"
      }
    },
  ]
}

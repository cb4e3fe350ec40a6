-- HAProxy asks Doorward whether a request may go on. Made by `doorward integrate haproxy --script`.

local QUESTION = "http://{doorward}{prefix}/auth/haproxy"

-- What the answer carries for the application.
local CARRIED = { {carried} }

-- Of one hop, or of a body that nobody reads here.
local LEFT_OUT = {
  ["connection"] = true, ["keep-alive"] = true, ["te"] = true, ["trailer"] = true, ["transfer-encoding"] = true,
  ["upgrade"] = true, ["content-length"] = true, ["expect"] = true, ["host"] = true, ["proxy-connection"] = true,
}

local function listed(fields)
  local all = {}
  for name, values in pairs(fields) do
    if not LEFT_OUT[name] then
      local list = {}
      for _, value in pairs(values) do
        list[#list + 1] = value
      end
      all[name] = list
    end
  end
  return all
end

local function first(fields, name)
  for _, value in pairs(fields and fields[name] or {}) do
    return value
  end
end

core.register_action("doorward", { "http-req" }, function(txn)
  local asked = listed(txn.http:req_get_headers())
  asked["x-forwarded-method"] = { txn.sf:method() }
  asked["x-forwarded-uri"] = { txn.sf:pathq() }
  local answer = core.httpclient():get({ url = QUESTION, headers = asked, timeout = 10000 })
  local status = answer and tonumber(answer.status) or 0

  if status == 200 then
    for _, name in ipairs(CARRIED) do
      txn.http:req_del_header(name)
      local value = first(answer.headers, name)
      if value then
        txn.http:req_set_header(name, value)
      end
    end
    return
  end

  -- Nothing but 200 lets a request go on, least of all silence.
  local reply = txn:reply({ status = status >= 300 and status or 503 })
  if status >= 300 then
    for name, values in pairs(listed(answer.headers)) do
      for _, value in ipairs(values) do
        reply:add_header(name, value)
      end
    end
    if txn.sf:method() ~= "HEAD" then
      reply:set_body(answer.body)
    end
  end
  txn:done(reply)
end, 0)

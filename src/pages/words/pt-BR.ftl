# O que as páginas dizem, em português do Brasil.

frame-help = Acesso a { $application }. Se precisar de ajuda, fale com quem administra o site.
frame-sign-in = Acesso a { $application }.
frame-support = Obter ajuda

action-sign-in = Entrar
action-sign-in-again = Entrar novamente
action-sign-in-once-more = Entrar mais uma vez
action-sign-out = Sair
action-try-again = Tentar novamente
action-check-again = Verificar de novo com { $provider }
action-continue = Continuar
action-another-account = Usar outra conta
action-another-organization = Entrar em outra organização
action-enter-email = Informar seu e-mail
action-start-afresh = Sair e começar de novo
action-start-page = Ir para a página inicial
action-go-to = Ir para { $application }
action-ask-for-access = Pedir acesso
action-open-provider = Abrir { $provider }
action-more = Mostrar mais

moment = { $day } de { $month ->
    [1] janeiro
    [2] fevereiro
    [3] março
    [4] abril
    [5] maio
    [6] junho
    [7] julho
    [8] agosto
    [9] setembro
    [10] outubro
    [11] novembro
   *[12] dezembro
} de { $year }, { $time } UTC
wait-seconds = { $count ->
    [one] Tente novamente em { $count } segundo.
   *[other] Tente novamente em { $count } segundos.
}
wait-minutes = { $count ->
    [one] Tente novamente em { $count } minuto.
   *[other] Tente novamente em { $count } minutos.
}
wait-hours = { $count ->
    [one] Tente novamente em { $count } hora.
   *[other] Tente novamente em { $count } horas.
}
list-pair = { $first } e { $last }
list-middle = { $before }, { $next }
list-end = { $before } e { $last }

login-expired-heading = Esta página de acesso expirou
login-expired-sentence = As páginas de acesso valem uma única vez e por pouco tempo. Nada foi perdido.

login-cancelled-heading = O acesso foi cancelado
login-cancelled-sentence = Você voltou de { $provider } sem entrar. Nada mudou.

provider-unreachable-heading = Não conseguimos contato com { $provider } no momento
provider-unreachable-sentence = Não houve resposta, por isso ainda não podemos concluir seu acesso. Quem já entrou não é afetado.

identity-unverified-heading = { $provider } não confirmou sua conta
identity-unverified-sentence-soon = Há tempo demais não recebemos resposta, o que nada diz sobre sua conta. Perguntamos de novo a cada poucos minutos, e você poderá continuar assim que houver resposta. Se o serviço já tiver voltado, basta entrar novamente.
identity-unverified-sentence-next = Há tempo demais não recebemos resposta, o que nada diz sobre sua conta. Perguntaremos de novo em { $moment }, e você poderá continuar assim que houver resposta. Se o serviço já tiver voltado, basta entrar novamente.

identity-invalid-heading = Segundo { $provider }, esta conta não está mais ativa
identity-invalid-sentence = Perguntamos de novo se você ainda tem acesso, e a resposta foi não. Por isso suas sessões foram encerradas.
identity-invalid-heading-access = Seu acesso por { $provider } terminou
identity-invalid-sentence-at = Em { $moment }, perguntamos de novo se você ainda tem acesso, e a resposta foi não. Por isso suas sessões foram encerradas.
no-longer-withdrawn = Aquilo em que seu login se baseava não é mais aceito lá. Isso acontece quando o acesso é retirado, a senha muda ou a conta é fechada.
no-longer-inactive = Segundo esse serviço, a conta está suspensa ou inativa.
no-longer-no-token = Esse serviço não forneceu nada com que se possa perguntar sobre você.
no-longer-somebody-else = A resposta era sobre outra conta, e não a sua.
no-longer-other-tenant = A conta não pertence mais ao cliente de { $provider } cujas pessoas têm acesso aqui.
no-longer-email = Seu endereço de e-mail não é mais confirmado lá.
no-longer-rules = Os dados da conta não atendem mais às regras de acesso daqui.
no-longer-member = Sua participação aqui foi removida.
identity-invalid-check = Se você acha que isso já não é verdade, entre lá mais uma vez: se { $provider } deixar você entrar, você continua de onde estava.

provider-refused-heading = { $provider } não permitiu seu acesso
provider-refused-sentence = Esse serviço decide quem pode usar { $application } e não aceitou esta conta.
provider-refused-not-assigned = Esta conta não tem { $application } atribuído nesse serviço. Quem administra as contas lá pode mudar isso.
provider-refused-suspended = Esta conta está suspensa nesse serviço. Quem administra as contas lá pode mudar isso.
provider-refused-ungranted = Esse serviço não repassou o que { $application } precisa saber sobre você. Entre novamente e permita tudo o que for pedido.

provider-misconfigured-heading = O acesso com { $provider } não está configurado corretamente
provider-misconfigured-sentence = Só a administração pode corrigir isso. Informe a ela a referência abaixo.
provider-misconfigured-clock = O que o provedor acabou de emitir está, pelo nosso relógio, no futuro ou muito no passado. Um dos dois relógios está errado: verifique primeiro a hora desta máquina. doorward provider test diz de quanto é a diferença.

account-not-allowed-heading = { $email } não pode usar { $application }
account-not-allowed-heading-this = Esta conta não pode usar { $application }
account-not-allowed-sentence = O acesso funcionou, mas { $organization } não liberou esta conta.
account-not-allowed-sentence-this = O acesso funcionou, mas esta organização não liberou esta conta.

organization-unknown-heading = Não conhecemos essa organização
organization-unknown-sentence = O endereço pode ter sido digitado errado ou estar desatualizado. Seu e-mail é suficiente para encontrar a página de acesso certa.

organization-suspended-heading = O acesso a { $organization } está suspenso
organization-suspended-heading-this = O acesso a esta organização está suspenso
organization-suspended-sentence = Ninguém pode entrar nesta organização no momento. Sua conta não foi alterada.

email-unverified-heading = Seu e-mail não está verificado em { $provider }
email-unverified-sentence = { $application } aceita somente endereços verificados. Abra sua conta em { $provider }, verifique { $email } e entre novamente.
email-unverified-sentence-yours = { $application } aceita somente endereços verificados. Abra sua conta em { $provider }, verifique seu endereço e entre novamente.
email-missing-heading = Sua conta em { $provider } não tem um e-mail principal
email-missing-sentence = { $application } precisa de um. Abra sua conta em { $provider }, escolha um endereço verificado como principal e entre novamente.

session-ended-heading = Sua sessão foi encerrada
session-ended-idle = Fazia algum tempo que você não usava { $application }.
session-ended-lifetime = Uma sessão dura por tempo limitado, e o da sua acabou.
session-ended-withdrawn = Sua sessão foi encerrada em outro navegador ou pela administração.
session-ended-at-provider = Sua sessão no seu serviço de acesso foi encerrada.
session-ended-unknown = { $application } não reconhece mais este navegador.

sign-in-required-heading = Entre para continuar
sign-in-required-sentence = Esta parte de { $application } é para quem entrou com sua conta.

redirect-loop-heading = O acesso fica recomeçando
redirect-loop-sentence = Você entrou várias vezes em pouco tempo, mas { $application } não reconheceu você depois. Paramos aqui para que seu navegador não fique dando voltas.
redirect-loop-cookie-lost = O cookie de sessão não voltou, embora outros cookies nossos tenham voltado. Algo entre o navegador e o Doorward o remove, ou o navegador o recusa.
redirect-loop-session-over = O cookie de sessão voltou, mas a sessão dele já tinha terminado. Veja na trilha de auditoria o que a encerrou.
redirect-loop-signed-in = O cookie de sessão voltou e a sessão dele está ativa. Outra coisa manda o navegador de volta ao acesso: verifique os redirecionamentos da aplicação e os proxies à frente dela.
redirect-loop-out-of-sight = A sessão pertence ao host próprio da organização, por isso não dá para saber daqui se o cookie dela volta lá. Veja no navegador as requisições a esse host.

cookies-blocked-heading = Seu navegador não está guardando nosso cookie
cookies-blocked-sentence = O acesso precisa de um cookie para saber que ainda é você. Permita cookies de { $application } nas configurações do navegador e tente novamente.
cookies-blocked-owner = O cookie é entregue onde os visitantes começam e precisa voltar no endereço público. Isso não é possível se eles começam por http ou com outro nome que não o do endereço público.
cookies-blocked-scheme = Segundo o proxy à frente ou o navegador, este login começou por http. Os navegadores só guardam o cookie por https. Redirecione todo http para https e faça o proxy dizer em X-Forwarded-Proto o que o navegador usou.
cookies-blocked-host = A página em que este login começou tem, no navegador, um endereço diferente do nosso, embora as requisições cheguem com o nosso. O cookie pertence a um único endereço. Redirecione o outro nome para o endereço público ou faça o proxy repassar o nome que o navegador pediu.

app-unreachable-heading = { $application } não está respondendo
app-unreachable-sentence = Seu navegador e o acesso funcionam. A aplicação por trás deles não responde no momento.

app-slow-heading = { $application } está demorando demais
app-slow-sentence = Seu navegador e o acesso funcionam. A aplicação por trás deles não respondeu a tempo.

too-busy-heading = { $application } está com muita demanda
too-busy-sentence = Há mais pedidos do que é possível atender no momento, por isso o seu não foi repassado.

too-many-attempts-heading = Aguarde um momento
too-many-attempts-sentence = Houve muitas tentativas em pouco tempo.

bad-request-heading = Não conseguimos ler esse pedido
bad-request-sentence = O endereço ou formulário que chegou até nós não pode ser usado. Nada foi alterado.

misdirected-request-heading = Não há nada neste endereço
misdirected-request-sentence = O nome na barra de endereço do navegador pode ter sido digitado errado ou estar desatualizado.

not-found-heading = Página não encontrada
not-found-sentence = Se você digitou o endereço, confira se está certo. Se seguiu um link, a página pode ter mudado de lugar.

not-allowed-here-heading = Você não tem acesso a esta página
not-allowed-here-sentence = { $email } entrou, mas esta parte de { $application } é para outras pessoas.
not-allowed-here-sentence-this = Esta conta entrou, mas esta parte de { $application } é para outras pessoas.

method-not-allowed-heading = Isso não pode ser feito aqui
method-not-allowed-sentence = A página existe, mas não para o que seu navegador tentou fazer. Nada foi alterado.

broken-heading = Há um problema do nosso lado
broken-sentence = Não conseguimos concluir o que você pediu. Ficou registrado com a referência abaixo.

advice-check-saved = Se você estava salvando algo, confira se chegou antes de enviar de novo.
advice-send-again = Se você acabou de enviar um formulário, ele não chegou. Volte e envie de novo.
advice-copy-first = Se você acabou de enviar um formulário, ele não chegou. Volte para copiar o que escreveu e depois entre.
advice-ask-access = Se você tem outra conta, use-a. Caso contrário, peça acesso à sua administração.

stage-browser = Seu navegador
stage-sign-in = Acesso
stage-works = funciona
stage-silent = não responde

problem-owner = Para a administração:
problem-registered = No provedor deve estar registrada exatamente esta URI de redirecionamento:
problem-reference = Referência
problem-details = Detalhes
problem-reference-hint = Se pedir ajuda, informe esta referência.

door-title = Entrar em { $organization }
door-lead-one = Para acessar { $application }, entre com sua conta.
door-lead-several = Para acessar { $application }, escolha como entrar.
door-lead-one-as = Para acessar { $application } como { $email }, entre com sua conta.
door-lead-several-as = Para acessar { $application } como { $email }, escolha como entrar.
door-button = Entrar com { $provider }
door-used-last = Usado da última vez neste navegador
door-none = Ainda não há como entrar nesta organização. A administração dela pode adicionar uma forma.
door-another-organization = Usar outra organização

notice-idle = Sua sessão foi encerrada porque fazia algum tempo que você não vinha aqui.
notice-lifetime = Sua sessão foi encerrada porque uma sessão dura por tempo limitado.
notice-withdrawn = Sua sessão foi encerrada em outro navegador ou pela administração.
notice-at-provider = Sua sessão foi encerrada pelo seu serviço de acesso.
notice-unknown = Sua sessão foi encerrada.
notice-another-account = Escolha a conta que você quer usar.

email-title = Entrar em { $application }
email-continue = Continuar para { $organization }
email-or = ou
email-label = Seu e-mail de trabalho
email-hint = Ele leva ao acesso da sua organização. Não pedimos senha.
email-list = Ou escolha sua organização
email-missing = Informe seu e-mail.
email-malformed = Informe um e-mail no formato name@example.com.
email-unknown-domain = Não conhecemos nenhuma organização com este endereço. Confira a grafia ou use o link de acesso da sua organização.

choose-title = Escolha sua organização
choose-lead = Mais de uma organização usa o endereço { $email }.
choose-another-email = Usar outro e-mail

dev-title = Acesso de desenvolvimento
dev-note = Este formulário faz o papel de um provedor de identidade. Ele acredita em tudo o que você digitar e só funciona nesta máquina.
dev-email = E-mail
dev-name = Nome
dev-name-hint = (opcional)
dev-groups = Grupos
dev-groups-hint = (opcional, separados por vírgulas)
dev-cancel = Cancelar

logout-title = Sair de { $application }?
logout-lead = Isso encerra sua sessão neste navegador. Salve antes seu trabalho se algo ainda estiver aberto.
logout-stay = Continuar na sessão

logged-out-title = Você saiu de { $application }
logged-out-there-too = Sua sessão aqui terminou, e a de { $provider } também.
logged-out-here = Sua sessão aqui terminou.
logged-out-close = Sua sessão aqui terminou. Em um computador compartilhado, feche também todas as janelas do navegador.
logged-out-still = Sua sessão continua aberta em { $providers }.
logged-out-still-advice = Em um computador compartilhado, saia de lá também: do contrário, a próxima pessoa pode voltar a entrar como você.

signed-in-title = Você entrou
signed-in-close = Você pode fechar esta janela e continuar na anterior.

redirecting-title = Um momento
redirecting-lead = Você está sendo redirecionado. Se nada acontecer, use o botão.

account-title = Sua sessão está aberta
account-name = Nome
account-email = E-mail
account-organization = Organização
account-provider = Entrou com
account-since = Desde
account-until = No máximo até
account-open = Abrir { $application }
account-identity = Sua conta em { $provider }
account-state = Estado
account-confirmed = Confirmada
account-unanswered-timeout = Não confirmada na última consulta: a resposta demorou demais
account-unanswered-unreachable = Não confirmada na última consulta: não houve contato com o serviço
account-unanswered-asked-to-wait = Não confirmada na última consulta: o serviço pediu para esperar
account-unanswered-trouble = Não confirmada na última consulta: o serviço estava com problemas
account-unanswered-unreadable = Não confirmada na última consulta: não foi possível ler a resposta
account-unanswered-silent = Não confirmada na última consulta: não houve resposta
account-unasked = Confirmada quando você entrou
account-last-confirmed = Última confirmação
account-next-check = Próxima verificação
account-access-ends = O acesso termina
account-access-ends-at = { $moment }, a menos que haja resposta antes
account-sessions = Onde sua sessão está aberta
account-this-browser = Este navegador
device-both = { $browser } no { $system }
device-system = Um navegador no { $system }
device-unknown = Navegador desconhecido
account-session = Desde { $since }, último uso em { $used }
account-end = Encerrar
account-end-label = Encerrar a sessão iniciada em { $since }
account-end-others = Encerrar todas as outras sessões
account-others = Suas outras organizações
account-switch = Trocar
account-switch-label = Trocar para { $organization }
account-told = O que { $application } sabe sobre você
account-headers = Cabeçalhos da requisição
account-claims = Declarações da asserção assinada
account-fact-name = Nome
account-fact-value = Valor
facts-shortened = Valores e listas longos aparecem aqui abreviados.

## Step-up, forms that are kept, Setup and further identities

step-up-required-heading = Confirme que é você
step-up-required-sentence = Esta parte de { $application } pede um login mais recente ou mais forte que o seu.
form-kept-heading = Entre mais uma vez para enviar isto
form-kept-sentence = Sua sessão terminou ou não é recente o bastante para esta parte de { $application }. O que você preencheu não foi enviado. Fica guardado aqui por dez minutos.
sign-in-too-weak-heading = { $provider } não fez seu login de forma forte o bastante
sign-in-too-weak-sentence = Esta parte de { $application } pede um login mais recente ou mais forte. Sua sessão continua como antes, e nada mudou.
sign-in-too-weak-owner = O provedor recebeu o max_auth_age ou os acr_values da rota e respondeu com um login mais antigo ou de outro tipo. O registro diz qual. Ele precisa conhecer os valores e exigir um login assim quando isso é pedido.
other-account-heading = Era outra conta
other-account-sentence = Você devia confirmar que é você, mas quem entrou foi { $email }, que não é a conta que você está usando. Nada mudou.
other-account-sentence-this = Você devia confirmar que é você, mas entrou outra conta, que não é a que você está usando. Nada mudou.
organization-not-open-heading = { $organization } ainda não está aberta
organization-not-open-heading-this = Esta organização ainda não está aberta
organization-not-open-sentence = Um responsável pela organização precisa concluir a configuração antes que se possa entrar desta forma.
identity-not-linked-heading = Esta conta não pode ser adicionada
identity-not-linked-taken = A conta em { $provider } pertence aqui a outra pessoa, ou a outra conta sua. Só a administração pode movê-la. Nada foi alterado.
identity-not-linked-another-there = Você já tem aqui outra conta de { $provider }. Remova essa primeiro. Nada foi alterado.
identity-not-linked-too-many = Você não pode ter mais contas aqui. Remova uma primeiro. Nada foi alterado.
identity-not-linked-not-admitted = Sua organização não deixa ninguém entrar com esta conta em { $provider }. Nada foi alterado.
identity-not-linked-not-the-person = Quem começou isto não está mais conectado neste navegador. Nada foi alterado.
identity-not-linked-not-an-owner = Só um responsável pode concluir a configuração. Nada foi alterado.
owners-only-heading = Esta página é para responsáveis
owners-only-sentence = Só os responsáveis por { $organization } podem abri-la. Eles são nomeados na configuração.
owners-only-sentence-this = Só os responsáveis por esta organização podem abri-la. Eles são nomeados na configuração.
advice-copy-then-confirm = Se você acabou de enviar um formulário, ele não chegou. Volte para copiar o que escreveu e depois confirme.
advice-same-account = Entre com a mesma conta. Depois você pode enviar com um clique.
advice-use-all = Tente novamente e use tudo o que for pedido lá. Se isso não bastar, avise sua administração.
action-confirm = Confirmar
action-go-back = Voltar
action-your-account = Ir para sua conta
kept-title = Enviar o que você tinha preenchido?
kept-lead = Você entrou de novo. O que você tinha preenchido ainda não foi enviado.
kept-send = Continuar: enviar o que eu tinha preenchido
kept-leave = Ir para a página inicial sem enviar
not-kept-title = O que você tinha preenchido não foi guardado
not-kept-too-late = O que se preenche fica guardado por dez minutos, e seu login levou mais tempo. Não foi enviado: você precisa preencher mais uma vez.
not-kept-somebody-elses = Foi preenchido com outra conta, não com a que você usou agora para entrar. Não foi enviado, e nós o apagamos.
rehearse-title = Testar { $provider }
rehearse-lead = Este é um ensaio. Você passa por { $provider } como em qualquer login e depois vê qual seria o resultado. O ensaio não abre uma sessão. Quem lhe deu este link também vê o resultado.
rehearse-begin = Começar
rehearsed-title = Resultado com { $provider }
rehearsed-in = { $organization } deixaria você entrar.
rehearsed-out = { $organization } não deixaria você entrar.
rehearsed-nobody = Nenhuma sessão foi aberta. Você pode fechar esta página.
rehearsed-identity = Identidade
rehearsed-verified = (verificado)
rehearsed-unverified = (não verificado)
rehearsed-claims = O que { $provider } informa
rehearsed-open = { $organization } está aberta para entrada.
rehearsed-shut = { $organization } não está aberta para entrada.
rehearsed-too-large = Algo que a aplicação recebe sobre você é grande demais para ela. Suas solicitações não chegariam lá.
rehearsal-failed-title = { $provider } não funcionou
rehearsal-failed-lead = O ensaio terminou antes que { $provider } confirmasse alguém. Quem lhe deu o link também vê o motivo.
confirmed-again = Você confirmou sua identidade. Agora pode continuar.
account-further = Outras formas de entrar
account-further-next = Última confirmação { $confirmed }, próxima verificação { $next }.
account-further-confirmed = Última confirmação { $confirmed }.
account-check = Verificar
account-check-named = Verificar { $provider } agora
check-confirmed = O provedor acabou de ser consultado e confirmou a conta.
check-unanswered = O provedor acabou de ser consultado, mas a resposta não diz nada sobre a conta. A pergunta será repetida automaticamente, sem consequências para ninguém.
check-waiting = O provedor ainda não respondeu. A pergunta continua em andamento: recarregue esta página em um minuto para ver o resultado. Até lá, nada muda.
account-remove = Remover
account-remove-named = Remover { $provider }
account-add = Adicionar { $provider }
offer-title = Adicionar esta conta?
offer-lead = Nada mudou ainda. Adicione-a somente se você for a pessoa dos dois lados.
offer-here = Você entrou aqui com { $provider }
offer-there = Segundo { $provider }, você é
offer-changes = O que muda
offer-either = Você poderá entrar em { $organization } com qualquer uma das contas. Aqui você continua sendo a mesma pessoa.
offer-whole = Quem puder usar a nova conta poderá fazer aqui tudo o que você pode.
offer-ends = Se { $provider } deixar de confirmar a nova conta, ela não dará mais acesso a ninguém. Você pode removê-la a qualquer momento na página da sua conta.
offer-add = Adicionar
offer-not-me = Não sou eu
offer-late = Nada foi adicionado: a resposta chegou tarde demais ou as configurações mudaram. Você pode começar de novo.
state-valid = Confirmada
state-unchecked = Confirmada ao entrar
state-suspect = Sem resposta
state-invalid = Não é mais válida
state-orphaned = Não conectada
state-blocked = Bloqueada
state-removed = Removida
state-none = Sem identidade
why-withdrawn = O provedor retirou a autorização.
why-inactive = Segundo o provedor, a conta não está ativa.
why-no-token = O provedor não oferece um meio de perguntar de novo.
why-somebody-else = O provedor respondeu sobre outra pessoa.
why-membership-removed = A participação foi removida.
why-sign-in-again = É preciso entrar de novo.
why-connection = A conexão foi fechada ou alterada.
why-other-tenant = A conta não pertence mais a este cliente do provedor.
why-email = O provedor não confirma mais o endereço.
why-rules = As regras não admitem mais esta conta.

## Pages of owners

owner-nav = Administração
owner-tab-home = Visão geral
owner-tab-people = Pessoas
owner-tab-sessions = Sessões
owner-tab-audit = Trilha de auditoria
owner-your-account = Sua conta
owner-home-title = Administração de { $organization }
owner-done-title = A configuração está concluída
owner-failed-title = A configuração não foi concluída
owner-disable-title = Desativar o acesso com { $provider }?
owner-people-title = Pessoas de { $organization }
owner-sessions-title = Sessões de { $organization }
owner-audit-title = Trilha de auditoria de { $organization }
owner-was-disabled = O acesso com esse provedor está desativado agora.
owner-was-opened = A configuração está concluída.
owner-paused = Quem administra o site suspendeu o acesso a esta organização.
owner-door = Página de acesso
owner-state-by-file = Aberta, conforme o arquivo de configuração
owner-state-open = Aberta
owner-state-choosing = A configuração não está concluída: escolha abaixo
owner-state-closed = Fechada até que a configuração seja concluída
owner-state-disabled = Desativada
owner-state-open-since = Aberta desde { $moment }
owner-state-choosing-since = A configuração não está concluída: escolha abaixo. Começou em { $moment }.
owner-state-disabled-since = Desativada desde { $moment }
owner-state-since = Neste estado desde
owner-only = Somente para
owner-registered = O que está registrado no provedor
owner-health = Provedor
owner-health-up = Responde
owner-health-degraded = Responde, mas as verificações de pessoas estão em pausa
owner-health-down = Não responde
owner-health-unknown = Ainda não consultado
owner-health-since = desde { $moment }
owner-identities = Identidades: { $state }
owner-which = Qual destas opções é { $organization }? Só quem pertence a ela terá acesso.
owner-none-of-them = Nenhuma: só as regras configuradas definem quem tem acesso
owner-save = Salvar
owner-set-up-and-enable = Configurar e ativar
owner-set-up-again = Configurar novamente
owner-set-up = Configurar
owner-disable-ask = Desativar…
owner-hint = A configuração leva você ao provedor com sua própria conta, mostra que a conexão funciona e vincula essa conta à sua conta aqui.
owner-disable-more = Há mais do que foi possível contar.
owner-disable-kept = Nada é apagado: quando um responsável configurar novamente com o mesmo provedor, todos terão sua conta de volta.
owner-disable-type = Para continuar, digite o nome curto da organização:
owner-disable-mistyped = Esse não é o nome curto desta organização.
owner-disable = Desativar
owner-cancel = Cancelar
owner-failed = Nada foi alterado. No registro e no guia de operação, este erro se chama { $code }.
owner-close = Você pode fechar esta janela.
owner-go = Ir para a administração de { $organization }
owner-search-people = Nome ou e-mail
owner-with-state = Cujas identidades estão
owner-any-state = Todas
owner-attention = Precisam de atenção
owner-search = Buscar
owner-nobody = Ninguém.
owner-nobody-found = Ninguém foi encontrado.
owner-so-far = Nada foi encontrado até agora. Ainda há mais para percorrer.
owner-more-people = Mais pessoas
owner-account = Conta
owner-first-seen = Primeiro acesso
owner-membership = Participação
owner-removed = Removida: ninguém entra nesta conta
owner-email-there = E-mail no provedor
owner-id-there = Identificador no provedor
owner-last-asked = Última consulta
owner-block = Bloquear
owner-unlink = Desvincular
owner-history = O que aconteceu com a pessoa
owner-unblock = Desbloquear
owner-none = Nenhuma.
owner-end-all = Encerrar todas as sessões
owner-restore = Restaurar a participação
owner-remove = Remover a participação
owner-more-sessions = Mais sessões
owner-search-audit = Evento, motivo, referência, conta ou identidade
owner-search-person = Pessoa: nome, e-mail ou conta
owner-search-from = De
owner-search-to = Até
owner-export = Baixar como CSV
owner-nothing = Nada foi encontrado.
owner-older = Mais antigos
owner-actor-visitor = alguém que não tinha entrado
owner-actor-operator = quem administra o site
owner-actor-system = automaticamente
owner-disable-people = { $count ->
    [0] Ninguém entra desta forma.
    [one] { $count } pessoa entra desta forma.
   *[other] { $count } pessoas entram desta forma.
}
owner-disable-others = { $count ->
    [0] Nenhuma delas poderia usar outra forma.
    [one] { $count } delas poderia usar outra forma.
   *[other] { $count } delas poderiam usar outra forma.
}
owner-disable-sessions = { $count ->
    [0] Nenhuma sessão é encerrada.
    [one] { $count } sessão é encerrada na hora, inclusive as conexões abertas.
   *[other] { $count } sessões são encerradas na hora, inclusive as conexões abertas.
}

## The audit trail: what happened, and why

event-login-succeeded = Acesso concluído
event-login-denied = Acesso recusado
event-login-failed = O acesso não funcionou
event-login-cancelled = Acesso cancelado
event-login-loop = O acesso ficou recomeçando
event-access-denied = Sem acesso a uma página
event-session-created = Sessão iniciada
event-session-ended = Sessão encerrada
event-session-evicted = Sessão encerrada para dar lugar a uma mais recente
event-session-revoked = Sessão encerrada pela administração
event-identity-linked = Identidade adicionada
event-identity-entered-grace = O provedor não respondeu sobre uma identidade
event-identity-restored = O provedor voltou a confirmar uma identidade
event-identity-invalidated = A identidade não é mais válida
event-identity-checked = Identidade verificada
event-identity-blocked = Identidade bloqueada
event-identity-unblocked = Identidade desbloqueada
event-identity-unlinked = Identidade removida
event-identity-relinked = Identidade movida para outra conta
event-identity-link-refused = Identidade não adicionada
event-connection-activated = Conexão configurada
event-connection-disabled = Conexão desativada
event-rehearsal-started = Ensaio iniciado
event-rehearsal-finished = Ensaio encerrado
event-admin-refused = Sem acesso às páginas dos responsáveis
event-membership-removed = Participação removida
event-membership-restored = Participação restaurada
event-organization-suspended = Acesso à organização suspenso
event-organization-resumed = Acesso à organização retomado
event-logout-requested = Saída da sessão

because-signed-out = A pessoa saiu.
because-signed-out-there = A pessoa saiu no provedor.
because-not-confirmed = O provedor não confirma mais a pessoa.
because-blocked = A identidade foi bloqueada.
because-unlinked = A identidade foi removida da conta.
because-by-person = A pessoa a encerrou em outro navegador.
because-by-administrator = A administração a encerrou.
because-by-owner = Um responsável a encerrou.
because-too-many-sessions = A pessoa tinha sessões demais.
because-replaced = Um novo acesso tomou o lugar dela.
because-idle = Fazia algum tempo que não era usada.
because-expired = O tempo dela acabou.
because-foreign-origin = A requisição veio de uma página de outro site.
because-not-set-up = A configuração não está concluída.
because-disabled = Um responsável desativou esta forma de entrar.
because-other-customer = A pessoa pertence a outro cliente do provedor.
because-email-unverified = O provedor não confirma o endereço.
because-emails = O endereço não está entre os admitidos.
because-email-domains = O domínio do endereço não é admitido.
because-hosted-domains = A conta não pertence a nenhum domínio admitido.
because-groups-any = A pessoa não está em nenhum dos grupos admitidos.
because-groups-all = A pessoa não está em todos os grupos exigidos.
because-subjects = A pessoa não está entre as admitidas uma a uma.
because-tenants = A pessoa não pertence a nenhum cliente admitido do provedor.
because-teams = A pessoa não está em nenhuma das equipes admitidas.
because-claims = O que o provedor informa sobre a pessoa não atende às regras.
because-cookies = O navegador não guardou o cookie.
because-provider-unreachable = O provedor não respondeu.
because-provider-misconfigured = O acesso com o provedor não está configurado corretamente.
because-provider-refused = O provedor não deixou a pessoa entrar.
because-not-admitted = A organização não admite esta conta.
because-too-weak = O acesso não era recente ou forte o bastante.
because-taken = A identidade pertence a outra conta.
because-another-there = A conta já tem uma identidade deste provedor.
because-too-many-identities = A conta não pode ter mais identidades.
because-not-the-person = Quem começou não estava mais na sessão.
because-not-an-owner = A pessoa não é responsável pela organização.
because-not-me = A pessoa disse que não é dela.
because-step-up = A pessoa confirmou sua identidade.
because-any-customer = Só as regras configuradas definem quem tem acesso.
because-cannot-ask = Não é possível consultar o provedor.

## Setting a provider up

setup-link-lead = Pediram a você que conecte { $provider }, para que as pessoas de { $organization } possam entrar com ele. Você precisa do direito de registrar um aplicativo lá.
setup-link-once = Assim que você começar, este link só funcionará neste navegador. Você pode parar e voltar enquanto ele for válido.
setup-link-begin = Começar
setup-link-gone-heading = Este link não funciona mais
setup-link-gone-sentence = Ele é antigo demais, foi retirado ou está incompleto. Peça um novo a quem o enviou.
setup-link-elsewhere-heading = Este link foi aberto em outro navegador
setup-link-elsewhere-sentence = Ele só funciona onde foi aberto primeiro. Continue lá ou peça um novo a quem o enviou.
setup-link-crowded-heading = Este navegador configura provedores demais
setup-link-crowded-sentence = Ele não pode guardar mais um sem perder o primeiro. Abra o link em outro navegador: ele ainda não foi usado.
wizard-title = Configurar { $provider }
wizard-lead = Ninguém entra com isto antes que os responsáveis por este site o coloquem em vigor.
wizard-organization = Organização
wizard-until = Válido até
wizard-register = 1. Registrar o aplicativo
wizard-register-at = Onde:
wizard-copy = Copiar
wizard-copied = { $name } foi copiado.
wizard-values = 2. Preencher o que é mostrado lá
wizard-optional = (opcional)
wizard-kept = Este valor está guardado e não será mostrado de novo. Deixe o campo vazio, a menos que tenha um novo.
wizard-missing = Falta este valor.
wizard-wrong = Isto não pode estar certo. Poderia ser assim:
wizard-save = Salvar
wizard-first = Primeiro preencha e salve tudo o que é necessário.
wizard-check = 3. Verificar
wizard-check-lead = O provedor é consultado agora para saber se tudo confere.
wizard-check-button = Verificar agora
wizard-check-good = Tudo o que se pode saber sem entrar está em ordem.
wizard-check-bad = Algo ainda não está em ordem.
wizard-fine = OK
wizard-warning = Aviso
wizard-failed = Não está certo
wizard-unknown = Não se sabe
wizard-try = 4. Testar uma entrada
wizard-try-lead = Você passa pelo provedor como em qualquer entrada e depois vê qual seria o resultado. Ninguém entra com isso.
wizard-try-button = Testar
wizard-try-good = Uma entrada foi testada e funcionou.
wizard-try-bad = Uma entrada foi testada e não funcionou.
wizard-finish = 5. Entregar
wizard-finish-lead = Quando tudo estiver em ordem, diga. Depois disso, nada mais pode ser alterado aqui.
wizard-finish-button = Está completo
wizard-finished = Pronto. Os responsáveis por este site agora o colocam em vigor.
wizard-in-force = Este provedor está em vigor. Não resta nada a fazer aqui.
wizard-displaced = Nesse meio-tempo, outro provedor recebeu esse nome curto, então este não pode entrar em vigor. Configure-o novamente com outro nome curto.
wizard-toml = Para o arquivo dos responsáveis por este site
wizard-toml-hint = O segredo não está aqui. Ele é guardado para os responsáveis por este site e vai para o arquivo indicado.
wizard-discard = Descartar
drafts-title = Provedores em configuração
drafts-preset = Qual provedor?
drafts-id = Nome curto
drafts-id-hint = Letras minúsculas, dígitos e hifens. Ele passa a fazer parte do endereço que você registra e não pode ser alterado depois.
drafts-add = Adicionar um provedor
drafts-bad-id = Um nome curto tem de 1 a 40 letras minúsculas, dígitos e hifens, e não começa nem termina com hífen.
drafts-taken = Já existe um provedor com esse nome curto.
drafts-too-many = Há provedores demais em configuração. Descarte um primeiro.
draft-waiting = Link ainda não aberto
draft-open = Incompleto
draft-complete = Completo
draft-finished = Entregue
draft-in-force = Em vigor
draft-displaced = Nome dado a outro
event-draft-created = Configuração de um provedor iniciada
event-draft-claimed = Link de configuração aberto
event-draft-changed = Provedor em configuração alterado
event-draft-checked = Provedor em configuração verificado
event-draft-finished = Configuração de um provedor entregue
event-draft-exported = Configuração de um provedor assumida, com o segredo
event-draft-removed = Provedor em configuração descartado
owner-actor-link = quem tem o link de configuração

{{- /* The release's name; an item of its own name where there are several. */ -}}
{{- define "app.name" -}}
{{- $release := .root.Release.Name | trunc 63 | trimSuffix "-" -}}
{{- if gt (len .all) 1 -}}{{- printf "%s-%s" $release .key -}}{{- else -}}{{- $release -}}{{- end -}}
{{- end -}}

{{- define "app.selector" -}}
app.kubernetes.io/name: {{ .Release.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "app.labels" -}}
{{ include "app.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}
